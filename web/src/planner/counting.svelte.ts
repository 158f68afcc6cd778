import { untrack } from 'svelte';
import { asProblem, type Problem } from '../api/client';
import { aggregate, type Question } from '../api/asking';
import type { Box, Catalogue, Layer } from '../api/types';
import { countRows, holds, type LayerCount, questionOf, withoutSmall, writtenBox } from '../domain/counts';
import { bothOf } from '../domain/condition';
import type { LegendRow } from '../domain/legend';
import type { Language } from '../i18n/dictionary';
import type { Planner } from './state.svelte';

/** Counts follow the map, the date, the filters, what is shown and how it is classed: called in an effect, by whoever shows them. */
export function countShown(planner: Planner, catalogue: Catalogue): (() => void) | undefined {
  const { view, engine, shown, rows, filters, past, language } = planner;
  const layers = catalogue.layers.filter((layer) => shown.includes(layer.id)).map((layer) => ({ layer, rows: rows[layer.id] ?? [], filter: filters.of(layer.id) }));
  if (!view && planner.hasWebgl) return undefined;
  const { date } = past;
  return untrack(() => planner.counting.ask(layers, engine?.box() ?? catalogue.city.bounds, date, language));
}

const DELAY_MS = 250;
/** A browser keeps few connections to a server, and tiles come first. */
const AT_ONCE = 3;

export interface Counted { layer: Layer; rows: LegendRow[]; filter: string | null }
export type Counting = { is: 'waiting'; last: LayerCount | null } | { is: 'here'; value: LayerCount } | { is: 'failed'; problem: Problem };

/** How many features of each shown layer are in view: asked of the server when the map has come to rest. */
export class CountsInView {
  counts = $state.raw<Record<string, Counting>>({});
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked: AbortController | undefined;

  /** Asks anew, a little later; what was asked before and is not answered is let go. */
  ask(layers: Counted[], box: Box, date: string | null, language: Language): () => void {
    this.stop();
    const lastOf = (id: string): LayerCount | null => {
      const before = this.counts[id];
      return before?.is === 'here' ? before.value : before?.is === 'waiting' ? before.last : null;
    };
    const sameRows = ({ layer: { id }, rows }: Counted): LayerCount | null => {
      const last = lastOf(id);
      return last && last.rows.length === rows.length ? last : null;
    };
    this.counts = Object.fromEntries(layers.map((one) => [one.layer.id, { is: 'waiting', last: sameRows(one) }]));
    this.timer = setTimeout(() => { void this.run(layers, box, date, language); }, DELAY_MS);
    return () => this.stop();
  }

  /** Asks at once, of a map that does not move; done when all is answered. */
  once(layers: Counted[], box: Box, date: string | null, language: Language): Promise<void> {
    this.stop();
    return this.run(layers, box, date, language);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
  }

  private async run(layers: Counted[], box: Box, date: string | null, language: Language): Promise<void> {
    const asked = new AbortController();
    this.asked = asked;
    const waiting = [...layers];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next && !asked.signal.aborted; next = waiting.shift()) {
        const { id } = next.layer;
        const answer = await this.count(next, box, date, language, asked.signal).then((value): Counting => ({ is: 'here', value }), (error: unknown): Counting => ({ is: 'failed', problem: asProblem(error) }));
        if (!asked.signal.aborted) this.counts = { ...this.counts, [id]: answer };
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  private async count({ layer, rows, filter }: Counted, box: Box, date: string | null, language: Language, signal: AbortSignal): Promise<LayerCount> {
    const { by, filters } = questionOf(layer, rows);
    const question = (condition: string | null): Question => ({ filter: condition, division: null, datetime: date, bbox: writtenBox(box) });
    if (by !== null) {
      const { numberMatched, groups } = await aggregate(layer.id, by, null, question(filter), language, signal);
      return withoutSmall({ total: numberMatched, rows: countRows(layer, rows, by, groups) }, layer.smallest_count);
    }
    const many = (condition: string | null): Promise<number> => aggregate(layer.id, 'city', null, question(condition), language, signal).then(({ numberMatched }) => numberMatched);
    // What the catalogue says is the answer where all is in view.
    const isWhole = date === null && filter === null && layer.extent !== null && holds(box, layer.extent);
    const total = isWhole ? layer.count : await many(filter);
    const counts: (number | null)[] = [];
    for (const [at, row] of rows.entries()) {
      const own = filters[at] ?? null;
      if (row.condition.is === 'all') counts.push(total);
      else counts.push(own === null ? null : await many(bothOf(filter, own)));
    }
    return withoutSmall({ total, rows: counts }, layer.smallest_count);
  }
}
