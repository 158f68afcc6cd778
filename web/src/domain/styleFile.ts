// Loaded when a style is brought in: the specification is large.
import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import { parse } from '@mapbox/jsonlint-lines-primitives';
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Layer } from '../api/types';
import type { StylingDictionary } from '../i18n/styling';
import { parseMarker } from '../map/markers';
import { parseHatch } from '../map/patterns';
import { type OwnStyle, readOwnStyle } from './ownStyle';
import { DIGEST, digestOf, OWN } from './styleExport';

/** Why a file is not taken; `line` from one on, where it is known. */
export interface StyleFault { line: number | null; text: string }
/** `own` is `null` where the file is the catalogue's own style; it is only there without faults. */
export interface CheckedFile { faults: StyleFault[]; own: OwnStyle | null; notes: string[] }

export const MOST_CHARACTERS = 400_000;
const MOST_LAYERS = 40;
const TYPES = ['fill', 'line', 'circle', 'symbol', 'fill-extrusion', 'heatmap'];
const PATTERNS = ['fill-pattern', 'line-pattern', 'fill-extrusion-pattern'];

type Lined = Record<string, unknown> & { __line__?: number };
const isRecord = (value: unknown): value is Lined => typeof value === 'object' && value !== null && !Array.isArray(value);
const lineOf = (value: unknown): number | null => (isRecord(value) && typeof value.__line__ === 'number' ? value.__line__ : null);

/** The text of a whole style: layers alone get one around them, on their first line, so that lines stay what they are. */
function wrapped(text: string, layer: Layer): string {
  const trimmed = text.trimStart();
  const before = `{"version":8,"sources":{"${layer.id}":{"type":"vector","tiles":["/tiles/${layer.id}/{z}/{x}/{y}"]}},"layers":`;
  if (trimmed.startsWith('[')) return `${before}${text}}`;
  return /^\{[^{}[\]]*"type"\s*:/.test(trimmed) && !/"version"\s*:/.test(trimmed) ? `${before}[${text}]}` : text;
}

/** The plain text of an image's name, anywhere in an expression's outputs; what is put together at run time is not known. */
function imagesOf(expression: unknown): string[] {
  if (typeof expression === 'string') return [expression];
  if (!Array.isArray(expression)) return [];
  const [operator, ...rest] = expression as [unknown, ...unknown[]];
  if (operator === 'match') return rest.slice(1).filter((_, at) => at % 2 === 1 || at === rest.length - 2).flatMap(imagesOf);
  if (operator === 'case') return rest.filter((_, at) => at % 2 === 1 || at === rest.length - 1).flatMap(imagesOf);
  if (operator === 'step') return rest.slice(1).filter((_, at) => at % 2 === 0).flatMap(imagesOf);
  if (operator === 'image' || operator === 'coalesce') return rest.flatMap(imagesOf);
  return [];
}

/** What this map cannot draw, though the specification has it. */
function foreignTo(layer: Layer, drawn: Record<string, unknown>, line: number | null, at: number, words: StylingDictionary): StyleFault[] {
  const path = `layers[${at}]`;
  const faults: StyleFault[] = [];
  const told = (text: string): void => { faults.push({ line, text: `${path}${text}` }); };
  if (!TYPES.includes(String(drawn.type))) told(`.type: ${words.styleType(String(drawn.type), TYPES.join(', '))}`);
  if (drawn.source !== layer.id) told(`.source: ${words.styleSource(layer.id, drawn.source === undefined ? '—' : String(drawn.source))}`);
  const known = layer.geometry === 'polygon' ? [layer.id, `${layer.id}.label`] : [layer.id];
  if (!known.includes(String(drawn['source-layer']))) told(`.source-layer: ${words.styleSource(known.join(' / '), String(drawn['source-layer'] ?? '—'))}`);
  const [paint, layout] = [drawn.paint, drawn.layout].map((part) => (isRecord(part) ? part : {})) as [Lined, Lined];
  for (const name of PATTERNS) if (paint[name] !== undefined && !parseHatch(String(paint[name]))) told(`.paint.${name}: ${words.stylePattern}`);
  for (const image of imagesOf(layout['icon-image'])) if (image !== '' && !parseMarker(image)) told(`.layout.icon-image: ${words.styleImage(image)}`);
  return faults;
}

function parsed(text: string): { value: unknown } | { fault: StyleFault } {
  try {
    return { value: parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = /line (\d+)/.exec(message)?.[1];
    return { fault: { line: line ? Number(line) : null, text: message.split('\n').at(-1) ?? message } };
  }
}

/** Style layers named after their layer, so that no two layers of the map have one name. */
function named(layer: Layer, layers: LayerSpecification[]): LayerSpecification[] {
  return layers.map((part) => (part.id === layer.id || part.id.startsWith(`${layer.id}.`) ? part : { ...part, id: `${layer.id}.${part.id}` }));
}

/** Reads a style that somebody brings for a layer: a whole style, its layers, or one of them. */
export function checkedFile(text: string, layer: Layer, words: StylingDictionary): CheckedFile {
  const refused = (...faults: StyleFault[]): CheckedFile => ({ faults, own: null, notes: [] });
  if (text.length > MOST_CHARACTERS) return refused({ line: null, text: words.styleLong(MOST_CHARACTERS) });
  const read = parsed(wrapped(text, layer));
  if ('fault' in read) return refused(read.fault);
  // What remembers its line is no plain value.
  const plain: unknown = JSON.parse(JSON.stringify(read.value));
  if (!isRecord(plain)) return refused({ line: 1, text: words.styleShape });
  const value = read.value as Lined;
  const wrong: StyleFault[] = validateStyleMin(value as unknown as StyleSpecification).map(({ message, line }) => ({ line: line ?? null, text: message }));
  const lines = Array.isArray(value.layers) ? (value.layers as unknown[]).map(lineOf) : [];
  const layers = Array.isArray(plain.layers) ? (plain.layers as unknown[]).filter(isRecord) : [];
  const foreign = layers.flatMap((drawn, at) => foreignTo(layer, drawn, lines[at] ?? null, at, words));
  if (layers.length === 0 && wrong.length === 0) wrong.push({ line: null, text: words.styleEmpty });
  if (layers.length > MOST_LAYERS) wrong.push({ line: null, text: words.styleMany(MOST_LAYERS) });
  if (wrong.length + foreign.length > 0) return refused(...wrong, ...foreign);
  const metadata = isRecord(plain.metadata) ? plain.metadata : {};
  const notes = (['sprite', 'glyphs'] as const).filter((name) => plain[name] !== undefined).map(words.styleLeft);
  // One that was taken out here and not touched opens in its form again.
  if (metadata[DIGEST] === digestOf(layers)) return { faults: [], own: readOwnStyle(metadata[OWN]), notes };
  return { faults: [], own: { form: 'file', layers: named(layer, layers as unknown as LayerSpecification[]) }, notes };
}
