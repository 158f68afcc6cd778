import { readSchema } from '../api/client';
import { readFeaturesById } from '../api/items';
import type { Feature, Layer, Line, LineResult } from '../api/types';
import { type Field, formOf, readAll } from '../domain/form';
import { inOrder } from '../domain/selection';
import type { Editor } from './editor.svelte';
import { SELECTED_MOST } from './selection.svelte';
import type { Planner } from './state.svelte';
import { Refused } from './writing';

/** Features of one layer that are changed together. */
export interface Many { layer: Layer; fields: Field[]; features: Feature[] }

/** Several features in hand: which, and what is to become of all of them. */
export class Several {
  many = $state.raw<Many | null>(null);
  /** Names of the properties to change. */
  chosen = $state<Record<string, boolean>>({});
  refusals = $state.raw<LineResult[]>([]);
  isDirty = $derived(Object.values(this.chosen).some(Boolean));

  constructor(private readonly planner: Planner, private readonly editor: Editor) {}

  clear(): void {
    this.many = null;
    this.chosen = {};
    this.refusals = [];
  }

  /** Takes more features of a layer in hand; `toggle` lets go of those that are. */
  async select(layerId: string, ids: string[], how: 'toggle' | 'add'): Promise<void> {
    const held = this.planner.selection.of(layerId);
    const kept = how === 'toggle' ? held.filter((id) => !ids.includes(id)) : held;
    const all = [...kept, ...ids.filter((id) => !held.includes(id))];
    await this.take(layerId, all.slice(0, SELECTED_MOST), all.length > SELECTED_MOST);
  }

  /** Begins to edit what is selected of a layer. */
  async begin(layerId: string): Promise<void> {
    const ids = this.planner.selection.of(layerId);
    if (ids.length === 0 || (this.planner.editor.isOn && !this.planner.editor.isFree())) return;
    await this.planner.editor.enter(layerId);
    if (this.planner.editor.isOn) await this.take(layerId, ids);
  }

  /** Takes these features of a layer in hand and no others, as they stand now. */
  async take(layerId: string, ids: readonly string[], isFull = false): Promise<void> {
    const { editor, planner } = this;
    const layer = planner.layers.find((entry) => entry.id === layerId);
    if (!layer || (!this.many && !editor.isFree())) return;
    const held = this.many?.layer.id === layerId ? this.many.features : [];
    const known = held.map(({ id }) => String(id));
    const { language, words } = planner;
    try {
      const [schema, fresh] = await Promise.all([readSchema(layerId, language), readFeaturesById(layerId, ids.filter((id) => !known.includes(id)), null, language)]);
      const features = inOrder(ids, [...held, ...fresh]);
      const [chosen, inputs] = this.many?.layer.id === layerId ? [this.chosen, editor.inputs] : [{}, {}];
      editor.letGo();
      editor.note = null;
      if (features.length === 0) return;
      this.chosen = chosen;
      editor.inputs = inputs;
      editor.layerId = layerId;
      planner.selection.set(layerId, features.map(({ id }) => String(id)));
      this.many = { layer, fields: formOf(schema, language, layer.priority), features };
      planner.say(isFull ? words.selectedMost(SELECTED_MOST) : words.selected(features.length));
    } catch (error) {
      editor.fail(error);
    }
  }

  private lines(of: (feature: Feature, version: { version?: number }) => Line): Line[] {
    return this.many?.features.map((feature) => of(feature, feature.version === undefined ? {} : { version: feature.version })) ?? [];
  }

  /** Gives all of them the chosen values, as one change set. */
  async save(): Promise<void> {
    const { editor, many } = this;
    if (!many || editor.isSaving) return;
    editor.forgetFaults();
    const changing = many.fields.filter(({ name }) => this.chosen[name]);
    const read = readAll(changing, editor.inputs);
    editor.amiss = read.amiss;
    if (Object.keys(read.amiss).length > 0 || changing.length === 0) return;
    // A field that is chosen and left empty takes the value away.
    const properties = Object.fromEntries(changing.map(({ name }) => [name, read.properties[name] ?? null]));
    const lines = this.lines(({ id }, version) => ({ patch: many.layer.id, id: Number(id), ...version, properties }));
    await this.write(many.layer, lines, (n) => this.planner.words.savedMany(n));
  }

  /** Deletes all of them, as one change set. */
  async remove(): Promise<void> {
    const { many } = this;
    if (!many) return;
    const lines = this.lines(({ id }, version) => ({ delete: many.layer.id, id: Number(id), ...version }));
    await this.write(many.layer, lines, (n) => this.planner.words.removedMany(n));
  }

  /** Leaves out what was refused, and writes the others. */
  async saveRest(): Promise<void> {
    const { many, refusals } = this;
    if (!many) return;
    const refused = refusals.map(({ line }) => line);
    const features = many.features.filter((_, at) => !refused.includes(at + 1));
    this.refusals = [];
    if (features.length === 0) { this.editor.letGo(true); return; }
    this.many = { ...many, features };
    this.planner.selection.set(many.layer.id, features.map(({ id }) => String(id)));
    await this.save();
  }

  /** Reads all of them as they stand now, and writes upon that. */
  async saveUponNewest(): Promise<void> {
    const { editor, many, planner } = this;
    if (!many) return;
    this.refusals = [];
    try {
      const features = await readFeaturesById(many.layer.id, many.features.map(({ id }) => String(id)), null, planner.language);
      planner.selection.set(many.layer.id, features.map(({ id }) => String(id)));
      this.many = { ...many, features };
    } catch (error) {
      editor.fail(error);
      return;
    }
    await this.save();
  }

  private async write(layer: Layer, lines: Line[], told: (n: number) => string): Promise<void> {
    const { editor, planner } = this;
    this.refusals = [];
    editor.isSaving = true;
    try {
      const { revision, lines: results } = await editor.writer.write(lines, editor.reason.trim(), planner.language);
      const done = results.filter(({ status }) => status === 'done');
      const same = results.filter(({ status }) => status === 'unchanged').length;
      const isRemoved = lines.some((line) => 'delete' in line);
      editor.wrote(layer.id, revision, done.length > 0);
      editor.letGo(!isRemoved);
      editor.tell(told(done.length) + (same > 0 ? planner.words.unchangedMany(same) : ''), done.flatMap(({ warnings }) => warnings ?? []), revision);
    } catch (error) {
      if (error instanceof Refused) this.refusals = error.lines.filter(({ problem }) => problem);
      else editor.fail(error);
    } finally {
      editor.isSaving = false;
    }
  }
}
