import { asProblem, type Problem } from '../api/client';
import { itemsPath, readFeaturesById, readRows, type Row } from '../api/items';
import type { Commit, Layer } from '../api/types';
import { columnsOf, keepLayout, keptLayout, type Layout, tabSeparated } from '../domain/columns';
import { bothOf } from '../domain/condition';
import { quickCondition } from '../domain/quick';
import type { Sort, TableLink } from '../domain/permalink';
import { byIds, inOrder, placed } from '../domain/selection';
import { SELECTED_MOST } from './selection.svelte';
import type { Planner } from './state.svelte';

const FIRST_PAGE = 200;
const LARGEST_PAGE = 10_000;
const REREAD_AFTER_MS = 400;
const COPIED_MOST = 5000;
const HEIGHT = 'platbook.table.height';
export const HEIGHTS = { usual: 240, least: 140, share: 0.8 };

/** The attribute table: which layer's, how it is asked for, and the rows that have come. */
export class Table {
  layer = $state.raw<Layer | null>(null);
  isInView = $state(false);
  isOnlySelected = $state(false);
  sort = $state.raw<Sort | null>(null);
  /** What is typed over columns, by property. */
  typed = $state<Record<string, string>>({});
  layout = $state.raw<Layout>({ hidden: [], widths: {} });
  height = $state(Number(localStorage.getItem(HEIGHT)) || HEIGHTS.usual);
  /** The view that rows are in, where only those are wanted. */
  bounds = $state<string | null>(null);
  rows = $state.raw<Row[]>([]);
  total = $state<number | null>(null);
  problem = $state.raw<Problem | null>(null);
  isReading = $state(false);
  /** The row that keys act on. */
  active = $state(-1);
  /** Counts what was written or heard of the layer: each asks for the rows again. */
  turn = $state(0);
  private next: string | null = null;
  /** Whether the table takes the focus when it is there: for those who opened it by a key. */
  takesFocus = false;
  /** What had the focus before. */
  opener: Element | null = null;
  private lastId = '';
  private last = '';
  private wanted = FIRST_PAGE;
  private asked: AbortController | null = null;
  private places = placed(null, [], 0);
  private waiting: ReturnType<typeof setTimeout> | undefined;

  all = $derived.by(() => (this.layer ? columnsOf(this.layer, this.planner.language, this.layout.widths) : []));
  columns = $derived(this.all.filter(({ property }) => !this.layout.hidden.includes(property.name)));
  /** Columns over which something stands that cannot be read. */
  unread = $derived(this.all.filter(({ property }) => quickCondition(property, this.typed[property.name] ?? '') === undefined).map(({ property }) => property.name));
  /** Classes that the legend hides are not listed either. */
  private hidden = $derived.by(() => (this.layer ? this.planner.hidden(this.layer) : null));
  hiddenClasses = $derived.by(() => (this.layer && this.hidden !== null ? (this.planner.views[this.layer.id]?.off ?? []) : []));
  /** What the table lists, as a condition; exports take the same. */
  filter = $derived.by((): string | null => {
    const { layer, planner } = this;
    if (!layer) return null;
    const typed = this.all.map(({ property }) => quickCondition(property, this.typed[property.name] ?? ''));
    const ids = planner.selection.of(layer.id);
    return bothOf(planner.filters.of(layer.id), this.hidden, ...typed.map((text) => text ?? null), this.isOnlySelected && ids.length > 0 ? byIds(ids) : null);
  });
  /** The address of the first page. */
  question = $derived.by((): string | null => {
    const { layer, sort } = this;
    if (!layer) return null;
    const shown = this.columns.map(({ property }) => property.name);
    return itemsPath(layer.id, {
      bbox: this.isInView ? this.bounds : null,
      filter: this.filter,
      datetime: this.planner.past.date,
      sortby: sort && (sort.isDescending ? '-' : '') + sort.name,
      // The label names the row, for those who do not see it in a column.
      properties: (layer.label === null || shown.includes(layer.label) ? shown : [...shown, layer.label]).join(','),
    });
  });
  link = $derived.by((): TableLink | null => (this.layer ? { layer: this.layer.id, isInView: this.isInView, sort: this.sort, typed: this.typed } : null));

  constructor(private readonly planner: Planner) {}

  /** Opens the table that is nearest at hand, or closes the one that is open: for a key. */
  toggle(): void {
    const { card, layers, selection, shown } = this.planner;
    if (this.layer) { this.planner.sheets.closeTable(); return; }
    const ids = [card?.layer.id, [...selection.chosen.keys()][0], this.lastId, ...shown.filter((id) => layers.some((layer) => layer.id === id && layer.geometry === 'point' && layer.count > 0)), shown[0]];
    const layer = ids.map((id) => layers.find((one) => one.id === id)).find((one) => one !== undefined);
    if (!layer) return;
    this.takesFocus = true;
    this.open(layer);
  }

  /** Opens the table of a layer, with something typed over its columns where that is said. */
  open(layer: Layer, typed: Record<string, string> | null = null): void {
    if (this.layer?.id === layer.id && typed === null) return;
    if (typed) this.isInView = false;
    this.isOnlySelected = false;
    this.sort = null;
    this.typed = typed ?? {};
    this.show(layer);
  }

  private show(layer: Layer): void {
    this.layout = keptLayout(() => localStorage, layer.id);
    this.layer = layer;
    this.lastId = layer.id;
    this.opener = document.activeElement;
    this.bounds = this.planner.engine?.bounds() ?? null;
    this.planner.sheets.tableOpened();
  }

  close(): void {
    this.asked?.abort();
    this.layer = null;
    this.rows = [];
    this.total = null;
  }

  /** Opens the table of a link, or closes the one that is open. */
  follow(link: TableLink | null): void {
    const layer = this.planner.layers.find(({ id }) => id === link?.layer);
    if (!link || !layer) { this.close(); return; }
    [this.isInView, this.sort, this.typed, this.isOnlySelected] = [link.isInView, link.sort, { ...link.typed }, false];
    this.show(layer);
  }

  /** Somebody else looks, or sees other layers: the table is read again, or goes with its layer. */
  renew(layers: Layer[]): void {
    if (!this.layer) return;
    const { id } = this.layer;
    this.layer = layers.find((layer) => layer.id === id) ?? null;
    if (this.layer) this.turn += 1;
    else this.close();
  }

  /** Reads the first rows of a question anew; those that stand there stay until they have come. */
  async read(): Promise<void> {
    const { question } = this;
    this.asked?.abort();
    if (question === null || this.unread.length > 0) return;
    this.asked = new AbortController();
    this.problem = null;
    this.next = question;
    // Rows that were read again stay as many as they were; of another question the first will do.
    if (question !== this.last) [this.wanted, this.active] = [FIRST_PAGE, -1];
    this.last = question;
    await this.pages(true);
  }

  /** Rows up to this one are wanted. */
  need(upTo: number): void {
    this.wanted = upTo;
    if (!this.isReading && this.problem === null && this.rows.length < Math.min(upTo, this.total ?? 0)) void this.pages(false);
  }

  private async pages(isFirst: boolean): Promise<void> {
    const { asked } = this;
    if (!asked) return;
    this.isReading = true;
    let isNew = isFirst;
    try {
      while (this.next !== null && (isNew || this.rows.length < this.wanted)) {
        const missing = isNew ? this.wanted : this.wanted - this.rows.length;
        const limit = Math.min(LARGEST_PAGE, Math.max(FIRST_PAGE, missing + FIRST_PAGE / 2));
        const page = await readRows(this.next, limit, this.planner.language, asked.signal);
        if (isNew) this.active = Math.min(this.active, page.matched - 1);
        const before = isNew ? [] : this.rows;
        this.places = placed(isNew ? null : this.places, page.rows, before.length);
        [this.rows, this.total, this.next, isNew] = [before.concat(page.rows), page.matched, page.next, false];
      }
    } catch (error) {
      if (!asked.signal.aborted) this.problem = asProblem(error);
    } finally {
      if (asked === this.asked) this.isReading = false;
    }
  }

  /** Asks again for what could not be read. */
  retry(): void {
    this.problem = null;
    if (this.total === null || this.rows.length === 0) void this.read();
    else void this.pages(false);
  }

  /** Where the row of a feature stands, if it has come. */
  placeOf = (id: string): number | undefined => this.places.get(id);

  heard({ changes, complete }: Commit): void {
    const { layer } = this;
    if (layer && this.planner.past.date === null && (!complete || changes.some((change) => change.layer === layer.id))) this.readAgain();
  }

  /** Something was written here: where the feed does not tell it, this does. */
  wrote(layer: string | null): void {
    if (this.planner.live.connection !== 'live' && this.layer && (layer === null || layer === this.layer.id)) this.readAgain();
  }

  private readAgain(): void {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => { this.turn += 1; }, REREAD_AFTER_MS);
  }

  sortBy(name: string): void {
    const { sort } = this;
    this.sort = sort?.name !== name ? { name, isDescending: false } : sort.isDescending ? null : { name, isDescending: true };
  }

  arrange(layout: Partial<Layout>): void {
    if (!this.layer) return;
    this.layout = { ...this.layout, ...layout };
    keepLayout(() => localStorage, this.layer.id, this.layout);
  }

  resize(height: number): void {
    this.height = Math.round(Math.min(innerHeight * HEIGHTS.share, Math.max(HEIGHTS.least, height)));
    try {
      localStorage.setItem(HEIGHT, String(this.height));
    } catch {
      // It holds for this visit.
    }
  }

  /** Selects everything that the table lists, as far as there is room. */
  async selectAll(): Promise<void> {
    const { layer, question, planner } = this;
    if (!layer || question === null) return;
    try {
      const { rows, matched } = await readRows(question, SELECTED_MOST, planner.language, new AbortController().signal);
      planner.selection.add(layer.id, rows.map(({ id }) => id), matched > rows.length);
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /** Puts the selected rows on the clipboard, or all where none is; says how many. */
  async copy(): Promise<string> {
    const { layer, planner } = this;
    const { words, language } = planner;
    if (!layer) return '';
    try {
      const isWhole = planner.selection.of(layer.id).length === 0;
      if (isWhole && (this.total ?? 0) > COPIED_MOST) return words.tableCopyMost(COPIED_MOST);
      const rows = isWhole ? await this.whole() : await this.selectedRows();
      await navigator.clipboard.writeText(tabSeparated(this.columns, rows.map(({ properties }) => properties), language, words));
      planner.say(words.tableCopied(rows.length));
      return words.tableCopied(rows.length);
    } catch (error) {
      if (error instanceof DOMException) return words.copyRefused;
      this.problem = asProblem(error);
      return '';
    }
  }

  /** Every row of the question. */
  private async whole(): Promise<Row[]> {
    if (this.next === null || this.question === null) return this.rows;
    return (await readRows(this.question, COPIED_MOST, this.planner.language, new AbortController().signal)).rows;
  }

  /** The rows of what is selected; those that have not come are read. */
  private async selectedRows(): Promise<Row[]> {
    const { layer, planner } = this;
    if (!layer) return [];
    const ids = planner.selection.of(layer.id);
    const missing = ids.filter((id) => !this.places.has(id));
    const read = missing.length === 0 ? [] : await readFeaturesById(layer.id, missing, planner.past.date, planner.language);
    const here = ids.flatMap((id) => this.places.get(id) ?? []).sort((a, b) => a - b).flatMap((place) => this.rows[place] ?? []);
    return [...here, ...inOrder(missing, read.map(({ id, properties }) => ({ id: String(id), properties })))];
  }
}
