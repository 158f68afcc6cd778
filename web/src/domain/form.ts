import type { Fault, Scalar, Schema, SchemaProperty } from '../api/types';
import type { Language } from '../i18n/dictionary';
import { unitTitle } from './units';

export type Control = 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'date';

/** One property as a form asks for it. */
export interface Field {
  name: string;
  title: string;
  control: Control;
  unit: string | null;
  required: boolean;
  /** Whether the server gives a new feature one when it is left empty. */
  isAssigned: boolean;
  pattern: string | null;
  minimum: number | null;
  maximum: number | null;
  choices: { value: string; title: string }[];
}

/** What a field holds: text as it was typed, empty for no value. */
export type Inputs = Record<string, string>;
export type Amiss = 'required' | 'number' | 'integer' | 'minimum' | 'maximum' | 'pattern' | 'date' | 'choice';

function controlOf(property: SchemaProperty): Control {
  if (property.enum) return 'choice';
  if (property.type === 'string') return property.format === 'date' ? 'date' : 'text';
  return property.type;
}

/** The form that a layer's schema asks for. What the layer does not declare (`x-title`) is the server's own; what only serves drawing is not for people. */
export function formOf(schema: Schema, language: Language, priority: string | null = null): Field[] {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const title = property['x-title'];
    if (!title || (name === priority && !schema.required?.includes(name))) return [];
    const titles = new Map(property['x-enum']?.map((choice) => [choice.const, choice.title]));
    return [{
      name,
      title: title[language],
      control: controlOf(property),
      unit: (property['x-unit'] && unitTitle(property['x-unit'], language)) || null,
      required: schema.required?.includes(name) ?? false,
      isAssigned: property['x-assigned'] ?? false,
      pattern: property.format === 'date' ? null : (property.pattern ?? null),
      minimum: property.minimum ?? null,
      maximum: property.maximum ?? null,
      choices: (property.enum ?? []).map((value) => ({ value, title: titles.get(value) ?? value })),
    }];
  });
}

export const inputOf = (value: Scalar | undefined): string => (value === null || value === undefined ? '' : String(value));
export const inputsOf = (fields: Field[], properties: Record<string, Scalar>): Inputs =>
  Object.fromEntries(fields.map(({ name }) => [name, inputOf(properties[name])]));

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** What a field's text says; `null` is no value. */
export function readInput(field: Field, text: string): { value: Scalar } | { amiss: Amiss } {
  const trimmed = text.trim();
  if (trimmed === '') return field.required ? { amiss: 'required' } : { value: null };
  switch (field.control) {
    case 'boolean': return { value: trimmed === 'true' };
    case 'choice': return field.choices.some(({ value }) => value === trimmed) ? { value: trimmed } : { amiss: 'choice' };
    case 'date': return isDay(trimmed) ? { value: trimmed } : { amiss: 'date' };
    case 'text': return field.pattern !== null && !new RegExp(field.pattern, 'u').test(trimmed) ? { amiss: 'pattern' } : { value: trimmed };
    case 'number':
    case 'integer': {
      const value = Number(trimmed);
      if (!Number.isFinite(value)) return { amiss: 'number' };
      if (field.control === 'integer' && !Number.isInteger(value)) return { amiss: 'integer' };
      if (field.minimum !== null && value < field.minimum) return { amiss: 'minimum' };
      if (field.maximum !== null && value > field.maximum) return { amiss: 'maximum' };
      return { value };
    }
  }
}

/** The values that differ from what was there, as a merge patch; and what is amiss with them. Untouched values are not judged. */
export function readChanges(fields: Field[], before: Inputs, now: Inputs): { properties: Record<string, Scalar>; amiss: Record<string, Amiss> } {
  const properties: Record<string, Scalar> = {};
  const amiss: Record<string, Amiss> = {};
  for (const field of fields) {
    const text = now[field.name] ?? '';
    if (text.trim() === (before[field.name] ?? '')) continue;
    const read = readInput(field, text);
    if ('amiss' in read) amiss[field.name] = read.amiss;
    else properties[field.name] = read.value;
  }
  return { properties, amiss };
}

/** What a field's text says of a new feature: what is given one may be left empty. */
const readNew = (field: Field, text: string): { value: Scalar } | { amiss: Amiss } =>
  field.isAssigned && text.trim() === '' ? { value: null } : readInput(field, text);

/** The values of a new feature, those that have one; and what is amiss. */
export function readAll(fields: Field[], now: Inputs): { properties: Record<string, Scalar>; amiss: Record<string, Amiss> } {
  const read = fields.map((field) => [field.name, readNew(field, now[field.name] ?? '')] as const);
  return {
    properties: Object.fromEntries(read.flatMap(([name, one]) => ('value' in one && one.value !== null ? [[name, one.value]] : []))),
    amiss: Object.fromEntries(read.flatMap(([name, one]) => ('amiss' in one ? [[name, one.amiss]] : []))),
  };
}

/** Faults at the field that their JSON pointer names; `geometry` stands for where the feature is, `` for the feature. */
export function faultsByField(faults: Fault[]): Record<string, Fault[]> {
  const by: Record<string, Fault[]> = {};
  for (const fault of faults) {
    const [, head = '', name = ''] = fault.pointer.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    (by[head === 'properties' ? name : head] ??= []).push(fault);
  }
  return by;
}

/** What all of them have in common; `null` where they differ. */
export const commonInput = (name: string, all: Record<string, Scalar>[]): string | null => {
  const values = new Set(all.map((properties) => inputOf(properties[name])));
  return values.size === 1 ? ([...values][0] ?? null) : null;
};
