import { asProblem, Problem, readFeature, readFeatures, readSchema } from '../api/client';
import { undoChangeSet } from '../api/edits';
import type { ChangeKind, Commit, Fault, Feature, Layer, Line, Scalar } from '../api/types';
import { type Choice, type Conflict, conflictOf, isEmpty, type Patch, resolve } from '../domain/conflict';
import { layerToEdit, meant } from '../domain/editable';
import { type Amiss, type Field, formOf, type Inputs, inputsOf, readAll, readChanges } from '../domain/form';
import { titleOf } from '../domain/format';
import { positionsOf } from '../domain/pieces';
import type { Drawing } from '../map/drawing';
import type { Hit } from '../map/engine';
import { Several } from './several.svelte';
import type { Planner } from './state.svelte';
import { problemOf, Refused, Writer } from './writing';

/** A feature in hand: one that is there, or one to be (`base` is `null`). */
export interface Draft { layer: Layer; fields: Field[]; base: Feature | null; before: Inputs }
export interface Note { text: string; warnings: Fault[]; revision: number | null }

/** How far in one must be for vertices of other features to be fetched. */
const SNAP_ZOOM = 14;
const SNAP_MOST = 500;
const MERGES = 3;
const KEPT = 'platbook.draft';

/** Editing on the map: what is in hand, how it is written, and what became of it. */
export class Editor {
  isOn = $state(false);
  layerId = $state('');
  isAdding = $state(false);
  draft = $state.raw<Draft | null>(null);
  geometry = $state.raw<GeoJSON.Geometry | null>(null);
  inputs = $state<Inputs>({});
  reason = $state('');
  isSaving = $state(false);
  faults = $state.raw<Fault[]>([]);
  amiss = $state.raw<Record<string, Amiss>>({});
  problem = $state.raw<Problem | null>(null);
  note = $state.raw<Note | null>(null);
  meanwhile = $state.raw<{ actor: string; kind: ChangeKind } | null>(null);
  conflict = $state.raw<{ conflict: Conflict; patch: Patch | null } | null>(null);
  /** Revisions that were written here, newest last. */
  mine = $state.raw<number[]>([]);
  private drawing: Drawing | null = null;
  readonly writer = new Writer();
  readonly several: Several;

  layers = $derived.by((): Layer[] => this.planner.layers.filter(this.planner.visitor.mayEdit));
  layer = $derived.by((): Layer | null => this.planner.layers.find(({ id }) => id === this.layerId) ?? null);
  hasMoved = $derived.by((): boolean => JSON.stringify(this.geometry) !== JSON.stringify(this.draft?.base?.geometry ?? null));
  isDirty = $derived.by((): boolean => {
    const { draft } = this;
    if (this.several.many) return this.several.isDirty;
    if (!draft) return false;
    return draft.base === null || this.hasMoved || draft.fields.some(({ name }) => (this.inputs[name] ?? '').trim() !== (draft.before[name] ?? ''));
  });

  constructor(private readonly planner: Planner) {
    this.several = new Several(planner, this);
    addEventListener('beforeunload', (event) => {
      if (!this.isDirty) return;
      this.keep();
      event.preventDefault();
    });
  }

  /** Begins to edit: what the card is about, where that may be changed. */
  async start(): Promise<void> {
    const { card } = this.planner;
    if (card && this.planner.visitor.may(card.layer.id, 'update')) await this.open(card.layer.id, card.id);
    else await this.enter(this.layers.find(({ id }) => id === card?.layer.id)?.id ?? this.layerId);
  }

  /** Goes over to editing, on a layer. */
  async enter(last: string): Promise<void> {
    const { planner } = this;
    const map = planner.engine?.map;
    if (!map || this.isOn || planner.past.date !== null) return;
    const [{ Drawing }] = await Promise.all([import('../map/drawing'), planner.engine?.ready]);
    this.choose(layerToEdit(this.layers, planner.shown, last)?.id ?? '');
    planner.sheets.clear();
    planner.closeCard();
    this.drawing = new Drawing(map, {
      changed: (geometry) => { this.geometry = geometry; },
      drawn: (geometry) => this.drawn(geometry),
    });
    this.isOn = true;
    map.on('moveend', this.seeNeighbours);
    planner.say(planner.words.editOn);
  }

  stop(): void {
    const map = this.planner.engine?.map;
    this.letGo();
    this.note = null;
    map?.off('moveend', this.seeNeighbours);
    if (map) this.drawing?.stop();
    this.drawing = null;
    this.isOn = false;
  }

  /** Chooses the layer that new features belong to. */
  choose(id: string): void {
    this.layerId = id;
    const view = this.planner.views[id];
    if (view && !view.isShown) this.planner.toggleLayer(id);
  }

  /** Lets go of what is in hand; what was not saved is lost. What was selected may stay so. */
  letGo(keepsSelection = false): void {
    this.draft = null;
    this.several.clear();
    this.geometry = null;
    this.isAdding = false;
    this.reason = '';
    this.meanwhile = null;
    this.conflict = null;
    this.forgetFaults();
    this.drawing?.clear();
    if (!keepsSelection) this.planner.selection.clear();
    sessionStorage.removeItem(KEPT);
  }

  forgetFaults(): void {
    this.faults = [];
    this.amiss = {};
    this.problem = null;
  }

  /** Whether something else may be taken in hand; says why not. */
  isFree(): boolean {
    if (!this.isDirty) return true;
    this.planner.say(this.planner.words.discardFirst);
    this.problem = new Problem(409, this.planner.words.discardFirst, '', null);
    return false;
  }

  async clicked(hits: Hit[], isMore: boolean): Promise<void> {
    if (this.isAdding) return;
    const [first] = hits;
    if (first?.cluster && !isMore) { this.planner.engine?.go(first.cluster.center, first.cluster.zoom); return; }
    const able = hits.filter(({ cluster }) => cluster === null);
    const hit = isMore ? able.find(({ layer }) => layer === this.layerId) : meant(able, this.layers, this.layerId);
    if (!hit) return;
    if (isMore) await this.several.select(hit.layer, [hit.id], 'toggle');
    else if (String(this.draft?.base?.id) !== hit.id || this.draft?.layer.id !== hit.layer) await this.open(hit.layer, hit.id);
  }

  /** Takes a feature in hand as it stands now. */
  async open(layerId: string, id: string): Promise<void> {
    const layer = this.planner.layers.find((entry) => entry.id === layerId);
    if (!layer || !this.isFree()) return;
    await this.enter(layerId);
    this.letGo();
    this.note = null;
    this.layerId = layerId;
    const { language } = this.planner;
    try {
      const [base, schema] = await Promise.all([readFeature(layerId, id, language), readSchema(layerId, language)]);
      this.take({ layer, fields: formOf(schema, language, layer.priority), base, before: {} }, base.geometry, null);
      this.planner.selection.only({ layer: layerId, id: String(base.id) });
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  private take(draft: Draft, geometry: GeoJSON.Geometry, inputs: Inputs | null): void {
    const before = draft.base ? inputsOf(draft.fields, draft.base.properties) : {};
    this.draft = { ...draft, before };
    this.inputs = inputs ?? { ...before };
    this.geometry = geometry;
    this.drawing?.show(geometry);
    void this.seeNeighbours();
  }

  /** Begins a new feature: the next clicks on the map say where. */
  add(): void {
    if (!this.layer || !this.isFree()) return;
    this.letGo();
    this.note = null;
    this.isAdding = true;
    this.drawing?.begin(this.layer.geometry);
    this.planner.say(this.planner.words.editDrawHint(this.layer.geometry));
    void this.seeNeighbours();
  }

  /** A new point in the middle of the map: for those who do not point. */
  addHere(): void {
    const center = this.planner.engine?.view();
    if (!center || !this.isFree()) return;
    this.letGo();
    this.drawn({ type: 'Point', coordinates: [Number(center.lon.toFixed(7)), Number(center.lat.toFixed(7))] });
  }

  private drawn(geometry: GeoJSON.Geometry): void {
    const { layer } = this;
    const { language } = this.planner;
    if (!layer) return;
    this.isAdding = false;
    readSchema(layer.id, language).then(
      (schema) => { this.take({ layer, fields: formOf(schema, language, layer.priority), base: null, before: {} }, geometry, {}); },
      (error: unknown) => { this.problem = asProblem(error); },
    );
  }

  /** The geometry as somebody typed it. */
  place(geometry: GeoJSON.Geometry): void {
    this.geometry = geometry;
    this.drawing?.show(geometry);
  }

  /** What the form and the map say, as a patch; `null` where something is amiss. */
  private wanted({ fields, base, before }: Draft): Patch | null {
    const read = base ? readChanges(fields, before, this.inputs) : readAll(fields, this.inputs);
    this.amiss = read.amiss;
    if (Object.keys(read.amiss).length > 0) return null;
    const patch: Patch = Object.keys(read.properties).length > 0 ? { properties: read.properties } : {};
    if (this.geometry && (!base || this.hasMoved)) patch.geometry = this.geometry;
    return patch;
  }

  async save(): Promise<void> {
    const { draft } = this;
    if (!draft || this.isSaving) return;
    this.forgetFaults();
    const patch = this.wanted(draft);
    if (!patch) { this.planner.say(this.planner.words.faults); return; }
    if (draft.base && isEmpty(patch)) { this.letGo(); this.tell(this.planner.words.nothingChanged); return; }
    await this.send(draft, patch, draft.base?.version);
  }

  private lineOf({ layer, base }: Draft, patch: Patch, version: number | undefined): Line | null {
    if (base) return { patch: layer.id, id: Number(base.id), ...(version === undefined ? {} : { version }), ...patch };
    return patch.geometry ? { create: layer.id, geometry: patch.geometry, properties: patch.properties ?? {} } : null;
  }

  /** Writes a patch upon a version; changes of others that it does not touch are merged. */
  private async send(draft: Draft, patch: Patch, version: number | undefined): Promise<void> {
    const { words, language } = this.planner;
    let [base, merged] = [version, ''];
    this.isSaving = true;
    try {
      for (let at = 0; at <= MERGES; at += 1) {
        const line = this.lineOf(draft, patch, base);
        if (!line) return;
        try {
          const { lines: [done], revision } = await this.writer.write([line], this.reason.trim(), language);
          const properties = { ...draft.base?.properties, ...patch.properties };
          const title = titleOf(draft.layer, properties as Record<string, Scalar>) ?? `${draft.layer.title[language]} ${done?.id ?? ''}`;
          this.wrote(draft.layer.id, revision, done?.status === 'done');
          this.letGo();
          this.tell(`${words.savedAs(title, done?.version ?? base ?? 1)}${merged}`, done?.warnings ?? [], revision);
          return;
        } catch (error) {
          const conflict = error instanceof Refused && error.first ? conflictOf(error.first) : null;
          if (!conflict) throw error;
          const last = conflict.since.at(-1);
          if (conflict.collisions.length > 0 || at === MERGES) { this.conflict = { conflict, patch }; return; }
          base = conflict.current.version;
          merged = ` · ${words.merged(last?.actor ?? '', base)}`;
        }
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.isSaving = false;
    }
  }

  /** Writes what is left after a conflict was decided. */
  async settle(choices: Record<string, Choice>): Promise<void> {
    const { draft, conflict: open } = this;
    if (!draft || !open) return;
    this.conflict = null;
    const { conflict, patch } = open;
    if (!patch) { await this.removeNow(conflict.current.version); return; }
    const left = resolve(patch, conflict.collisions, choices);
    if (isEmpty(left)) { this.letGo(); this.tell(this.planner.words.nothingChanged); return; }
    await this.send({ ...draft, base: conflict.current }, left, conflict.current.version);
  }

  /** Deletes what is in hand, having asked. */
  async remove(): Promise<void> {
    await this.removeNow(this.draft?.base?.version);
  }

  private async removeNow(version: number | undefined): Promise<void> {
    const { draft } = this;
    if (!draft?.base) { this.letGo(); return; }
    const { language, words } = this.planner;
    this.isSaving = true;
    try {
      const line: Line = { delete: draft.layer.id, id: Number(draft.base.id), ...(version === undefined ? {} : { version }) };
      const { revision } = await this.writer.write([line], this.reason.trim(), language);
      this.wrote(draft.layer.id, revision, true);
      this.letGo();
      this.tell(words.removed(titleOf(draft.layer, draft.base.properties) ?? String(draft.base.id)), [], revision);
    } catch (error) {
      const conflict = error instanceof Refused && error.first ? conflictOf(error.first) : null;
      if (conflict) this.conflict = { conflict, patch: null };
      else this.fail(error);
    } finally {
      this.isSaving = false;
    }
  }

  /** Takes a change set back; without a choice, the last that was written here. */
  async undo(revision = this.mine.at(-1)): Promise<void> {
    const { words, language } = this.planner;
    if (revision === undefined) { this.tell(words.undoNone); return; }
    if (!this.isFree()) return;
    try {
      await undoChangeSet(revision, language);
      this.mine = this.mine.filter((one) => one !== revision);
      this.letGo();
      this.tell(words.undone(revision));
      this.refreshUnlessLive();
      this.planner.table.wrote(null);
    } catch (error) {
      const problem = asProblem(error);
      const changed = problem.members.changed as { id: number }[] | undefined;
      if (problem.code !== 'undo.changed_since' || !changed) { this.problem = problem; return; }
      this.mine = this.mine.filter((one) => one !== revision);
      this.problem = new Problem(problem.status, words.undoChanged(changed.map(({ id }) => id).join('、')), '', null, problem.code);
    }
  }

  /** Somebody changed something: is it what is in hand? */
  heard(commit: Commit): void {
    const { draft } = this;
    const change = commit.changes.find(({ layer, id }) => layer === draft?.layer.id && String(id) === String(draft.base?.id));
    if (!change || !draft?.base || change.version <= (draft.base.version ?? 0) || this.isSaving) return;
    if (this.isDirty || change.kind === 'deleted') this.meanwhile = { actor: commit.actor, kind: change.kind };
    else void this.open(draft.layer.id, String(draft.base.id));
  }

  wrote(layer: string, revision: number, isNew: boolean): void {
    if (isNew) this.mine = [...this.mine, revision];
    this.refreshUnlessLive(layer);
    this.planner.table.wrote(layer);
  }

  /** The feed draws changes anew; where it is not there, this does. */
  private refreshUnlessLive(layer?: string): void {
    if (this.planner.live.connection === 'live') return;
    if (layer) this.planner.engine?.refresh(layer);
    else this.planner.engine?.refreshAll();
  }

  tell(text: string, warnings: Fault[] = [], revision: number | null = null): void {
    this.note = { text, warnings, revision };
    this.planner.say(text);
  }

  fail(error: unknown): void {
    const first = error instanceof Refused ? error.first : undefined;
    if (first?.faults) this.faults = first.faults;
    else this.problem = first ? problemOf(first, this.planner.language) : asProblem(error);
  }

  /** Fetches what vertices may snap to: the features in view of the layer in hand. */
  private readonly seeNeighbours = async (): Promise<void> => {
    const { layer, planner } = this;
    const map = planner.engine?.map;
    if (!map || !layer || layer.geometry === 'point' || (!this.draft && !this.isAdding) || map.getZoom() < SNAP_ZOOM) return;
    const [[west, south], [east, north]] = map.getBounds().toArray();
    // Without an answer nothing snaps; what is drawn is as good as the hand.
    const features = await readFeatures(layer.id, [west, south, east, north], SNAP_MOST, planner.language).catch(() => []);
    const own = String(this.draft?.base?.id);
    this.drawing?.snapTo(features.filter(({ id }) => String(id) !== own).flatMap(({ geometry }) => positionsOf(geometry)));
  };

  /** Keeps what is in hand for when the page is there again. */
  keep(): void {
    const { draft, geometry, inputs, reason } = this;
    if (draft && geometry) sessionStorage.setItem(KEPT, JSON.stringify({ layer: draft.layer.id, base: draft.base, geometry, inputs, reason }));
  }

  /** Takes in hand again what was kept. */
  async recover(): Promise<void> {
    const kept = sessionStorage.getItem(KEPT);
    if (kept === null || !this.planner.engine) return;
    const { layer: id, base, geometry, inputs, reason } = JSON.parse(kept) as { layer: string; base: Feature | null; geometry: GeoJSON.Geometry; inputs: Inputs; reason: string };
    const layer = this.layers.find((entry) => entry.id === id);
    if (!layer) return;
    const { language } = this.planner;
    await this.enter(id);
    this.layerId = id;
    this.take({ layer, fields: formOf(await readSchema(id, language), language, layer.priority), base, before: {} }, geometry, inputs);
    this.reason = reason;
  }
}
