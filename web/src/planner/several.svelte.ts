import { readFeature, readSchema } from '../api/client';
import type { Feature, Layer, Line, LineResult } from '../api/types';
import { type Field, formOf, readAll } from '../domain/form';
import type { Editor } from './editor.svelte';
import type { Planner } from './state.svelte';
import { Refused } from './writing';

/** Features of one layer that are changed together. */
export interface Many { layer: Layer; fields: Field[]; features: Feature[] }

/** More features than this are better changed by an import. */
const MOST = 500;
const AT_ONCE = 8;

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

  /** Takes more features in hand, as they stand now; `toggle` lets go of those that are. */
  async select(layerId: string, ids: string[], how: 'toggle' | 'add'): Promise<void> {
    const { editor, planner } = this;
    const layer = planner.layers.find((entry) => entry.id === layerId);
    if (!layer || (!this.many && !editor.isFree())) return;
    const { draft } = editor;
    const held = this.many?.layer.id === layerId ? this.many.features : draft?.base && draft.layer.id === layerId ? [draft.base] : [];
    const known = held.map(({ id }) => String(id));
    const kept = how === 'toggle' ? held.filter(({ id }) => !ids.includes(String(id))) : held;
    const fresh = ids.filter((id) => !known.includes(id)).slice(0, MOST - kept.length);
    const { language, words } = planner;
    try {
      const schema = await readSchema(layerId, language);
      const features = [...kept];
      for (let at = 0; at < fresh.length; at += AT_ONCE) {
        features.push(...(await Promise.all(fresh.slice(at, at + AT_ONCE).map((id) => readFeature(layerId, id, language)))));
      }
      const [chosen, inputs] = this.many ? [this.chosen, editor.inputs] : [{}, {}];
      editor.letGo();
      editor.note = null;
      if (features.length === 0) return;
      this.chosen = chosen;
      editor.inputs = inputs;
      editor.layerId = layerId;
      this.many = { layer, fields: formOf(schema, language, layer.priority), features };
      planner.say(known.length + ids.length > MOST ? words.selectedMost(MOST) : words.selected(features.length));
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

  private async write(layer: Layer, lines: Line[], told: (n: number) => string): Promise<void> {
    const { editor } = this;
    this.refusals = [];
    editor.isSaving = true;
    try {
      const { revision, lines: results } = await editor.writer.write(lines, editor.reason.trim(), this.planner.language);
      const done = results.filter(({ status }) => status === 'done');
      editor.wrote(layer.id, revision, done.length > 0);
      editor.letGo();
      editor.tell(told(done.length), done.flatMap(({ warnings }) => warnings ?? []), revision);
    } catch (error) {
      if (error instanceof Refused) this.refusals = error.lines.filter(({ problem }) => problem);
      else editor.fail(error);
    } finally {
      editor.isSaving = false;
    }
  }
}
