import { asProblem, type Problem, readFeature } from '../api/client';
import { idsWithin, readFeaturesById } from '../api/items';
import { bothOf } from '../domain/condition';
import type { Permalink } from '../domain/permalink';
import { boxAround, extentOf } from '../domain/pieces';
import { added, countOf, has, idsOf, inLayers, listed, NONE, type One, removed, type SelectedIds, setsOf, withIds } from '../domain/selection';
import type { Planner } from './state.svelte';

/** More features than this are better changed by an import, and taken out whole: the ids of so many fit into an address. */
export const SELECTED_MOST = 500;

/** Which features are selected: one state for the map, the table, lists and cards. */
export class Selection {
  chosen = $state.raw<SelectedIds>(NONE);
  /** What the pointer is on, on the map or in a list. */
  pointed = $state.raw<One | null>(null);
  /** Whether the next drag over the map draws a box: for those without a Shift key. */
  isBoxing = $state(false);
  isBusy = $state(false);
  /** Whether some of what was last to be selected had no room. */
  isFull = $state(false);
  problem = $state.raw<Problem | null>(null);
  count = $derived(countOf(this.chosen));
  /** Of which layers: the map draws rings in those only. */
  private key = $derived([...this.chosen.keys()].sort().join('\n'));
  layers = $derived(this.key === '' ? [] : this.key.split('\n'));
  /** By layer, for those who look up many. */
  private sets = $derived(setsOf(this.chosen));

  constructor(private readonly planner: Planner) {}

  has = (layer: string, id: string): boolean => this.sets.get(layer)?.has(id) ?? false;
  of = (layer: string): readonly string[] => idsOf(this.chosen, layer);

  point(one: One | null): void {
    if (one?.layer !== this.pointed?.layer || one?.id !== this.pointed?.id) this.pointed = one;
  }

  clear(): void {
    this.problem = null;
    this.isFull = false;
    if (this.chosen !== NONE) this.chosen = NONE;
  }

  only({ layer, id }: One): void {
    this.chosen = withIds(NONE, layer, [id]);
  }

  /** Puts these of a layer in the place of those that were selected of it. */
  set(layer: string, ids: readonly string[]): void {
    this.chosen = withIds(this.chosen, layer, ids);
  }

  keep(isThere: (layer: string) => boolean): void {
    if (this.layers.some((layer) => !isThere(layer))) this.chosen = inLayers(this.chosen, isThere);
  }

  /** Takes more in, as many as there is room for. */
  add(layer: string, ids: readonly string[], areMore = false): void {
    const { chosen, left } = added(this.chosen, layer, ids, SELECTED_MOST);
    this.take(layer, chosen, areMore || left > 0);
  }

  remove(layer: string, ids: readonly string[]): void {
    this.take(layer, removed(this.chosen, layer, ids), false);
  }

  toggle(one: One): void {
    if (has(this.chosen, one)) this.remove(one.layer, [one.id]);
    else this.add(one.layer, [one.id]);
  }

  /** Takes over what is selected from now on: what may be edited is in hand while one edits; a card that is about something else goes. */
  private take(layer: string | null, chosen: SelectedIds, isFull: boolean): void {
    const { planner } = this;
    const { editor } = planner;
    this.isFull = isFull;
    if (editor.isOn && layer !== null && planner.visitor.may(layer, 'update')) { void editor.several.take(layer, idsOf(chosen, layer), isFull); return; }
    this.chosen = chosen;
    planner.hits = [];
    const { card } = planner;
    if (card && (this.count > 1 || !this.has(card.layer.id, card.id))) planner.closeCard(true);
    planner.say(isFull ? planner.words.selectedMost(SELECTED_MOST) : planner.words.selected(this.count));
  }

  /** Opens the card of one, which alone is selected then; where one edits, takes it in hand. */
  open(one: One): void {
    const { editor, visitor } = this.planner;
    if (editor.isOn && visitor.may(one.layer, 'update')) { void editor.open(one.layer, one.id); return; }
    if (this.count !== 1 || !this.has(one.layer, one.id)) this.only(one);
    void this.planner.open(one.layer, one.id);
  }

  /** Goes to where one is, and opens it; of several that are selected it stays one. */
  async goTo(one: One): Promise<void> {
    const { planner } = this;
    const { engine, past, sheets, views } = planner;
    const view = views[one.layer];
    if (view && !view.isShown) planner.toggleLayer(one.layer);
    if (planner.editor.isOn) this.open(one);
    else void planner.open(one.layer, one.id);
    // What cannot be read is told by the card.
    const feature = await readFeature(one.layer, one.id, planner.language, past.date).catch(() => null);
    if (feature) engine?.fit(extentOf(feature.geometry), sheets.covered);
  }

  /** Shows all that is selected. */
  async zoom(): Promise<void> {
    const { planner } = this;
    this.problem = null;
    try {
      const found = await Promise.all([...this.chosen].map(([layer, ids]) => readFeaturesById(layer, ids, planner.past.date, planner.language)));
      const box = boxAround(found.flat().map(({ geometry }) => extentOf(geometry)));
      if (box) planner.engine?.fit(box, planner.sheets.covered);
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /** A click with Shift or Ctrl: what lies on top comes in, or goes; of the table that is open, if it is there. */
  more(hits: One[]): void {
    const hit = hits.find(({ layer }) => layer === this.planner.table.layer?.id) ?? hits[0];
    if (hit) this.toggle({ layer: hit.layer, id: hit.id });
  }

  /** Everything in a box on the screen: of the table's layer, else of every layer that is shown; areas only if they lie wholly within. */
  async box(corners: [number, number][]): Promise<void> {
    const { planner } = this;
    const zoom = planner.view?.zoom ?? 0;
    const table = planner.table.layer;
    const layers = planner.layers.filter((layer) => (table ? layer.id === table.id : planner.views[layer.id]?.isShown && layer.zoom.min <= zoom));
    this.isBusy = true;
    this.problem = null;
    try {
      const found = await Promise.all(layers.map(async (layer) => {
        const hidden = bothOf(planner.filters.of(layer.id), planner.hidden(layer));
        return { layer, ...(await idsWithin(layer, corners, hidden, planner.past.date, SELECTED_MOST, planner.language)) };
      }));
      let [chosen, isFull] = [this.chosen, false];
      for (const { layer, ids, matched } of found) {
        const next = added(chosen, layer.id, ids, SELECTED_MOST);
        chosen = next.chosen;
        isFull ||= next.left > 0 || matched > ids.length;
      }
      this.take(null, chosen, isFull);
    } catch (error) {
      this.problem = asProblem(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** Selects what a link names; one alone is opened. */
  follow({ selection, opened }: Permalink): void {
    const { planner } = this;
    const isThere = (layer: string): boolean => planner.layers.some(({ id }) => id === layer);
    const wanted = inLayers(selection, isThere);
    const all = listed(wanted);
    const one = all.length === 1 ? all[0] : opened && has(wanted, opened) ? opened : undefined;
    if (!one) planner.closeCard(true);
    this.chosen = all.length === 0 ? NONE : wanted;
    if (one) void planner.open(one.layer, one.id);
  }
}
