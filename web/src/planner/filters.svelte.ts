import { asProblem } from '../api/client';
import { countOf } from '../api/asking';
import type { Commit } from '../api/types';
import { emptyGroup, type Group, normal, writeCql } from '../domain/condition';
import { readCql } from '../domain/cql';
import type { Loading, Planner } from './state.svelte';

/** A filter in the making: as conditions, or as text where that says more than conditions can. */
export interface Draft { root: Group; text: string; isText: boolean }

const COUNT_AFTER_MS = 300;
/** Several changes in a row are counted once. */
const RECOUNT_AFTER_MS = 1000;
/** The server reads addresses of tiles up to 8 KiB; the moment stands in them, too. */
export const LONGEST = 7500;

/** The conditions by which layers are filtered, and how many features hold them. */
export class Filters {
  /** What is applied, by layer, as CQL2 text. */
  texts = $state.raw<Record<string, string>>({});
  counts = $state.raw<Record<string, Loading<number>>>({});
  drafts = $state.raw<Record<string, Draft>>({});
  /** The layer whose filter is being made. */
  layerId = $state('');
  /** What the server takes of it: a condition that it refuses filters nothing, and its chip says so. */
  active = $derived(Object.fromEntries(Object.entries(this.texts).filter(([id]) => !this.isRefused(id))));
  private readonly asked: Record<string, AbortController> = {};
  private readonly due: Record<string, ReturnType<typeof setTimeout>> = {};

  constructor(private readonly planner: Planner) {}

  /** The condition that holds for a layer, for whoever asks about it; `null` where there is none. */
  of(layer: string): string | null {
    return this.active[layer] ?? null;
  }

  isRefused(layer: string): boolean {
    const count = this.counts[layer];
    return count?.is === 'failed' && [400, 404, 414].includes(count.problem.status);
  }

  /** What is being made for a layer; it begins with what is applied. */
  draft(layer: string): Draft {
    return this.drafts[layer] ?? draftOf(this.texts[layer] ?? '');
  }

  /** Applies a condition to a layer; `null` takes it away. */
  apply(layer: string, text: string | null): void {
    const said = text?.trim() ?? '';
    const others = without(this.texts, layer);
    this.texts = said === '' ? others : { ...others, [layer]: said };
    // What is unfinished in the builder stays there.
    if (textOf(this.draft(layer)) !== said) this.drafts = { ...this.drafts, [layer]: draftOf(said) };
    else if (said === '') this.drafts = without(this.drafts, layer);
    this.forget(layer);
    if (said !== '') void this.count(layer);
  }

  /** Takes over what a link says. */
  take(texts: Record<string, string>): void {
    if (JSON.stringify(texts) === JSON.stringify(this.texts)) return;
    for (const layer of Object.keys(this.texts)) this.forget(layer);
    this.texts = texts;
    this.drafts = {};
    this.recountAll();
  }

  recountAll(): void {
    for (const layer of Object.keys(this.texts)) void this.count(layer);
  }

  /** A change was made: the filters of its layers may let through others. */
  heard({ changes }: Commit): void {
    for (const { layer } of changes) {
      if (this.texts[layer] === undefined || this.due[layer] !== undefined) continue;
      this.due[layer] = setTimeout(() => { delete this.due[layer]; void this.count(layer); }, RECOUNT_AFTER_MS);
    }
  }

  async count(layer: string): Promise<void> {
    const filter = this.texts[layer];
    if (filter === undefined) return;
    this.asked[layer]?.abort();
    const asked = new AbortController();
    this.asked[layer] = asked;
    const set = (count: Loading<number>): void => { if (!asked.signal.aborted) this.counts = { ...this.counts, [layer]: count }; };
    try {
      set({ is: 'here', value: await countOf(layer, { filter, division: null, datetime: this.planner.past.date }, this.planner.language, asked.signal) });
    } catch (error) {
      set({ is: 'failed', problem: asProblem(error) });
    }
  }

  /** Counts what a draft would let through, when it has rested a moment; the answer takes the question back. */
  try(layer: string, text: string, told: (count: Loading<number>) => void): () => void {
    const asked = new AbortController();
    const timer = setTimeout(() => {
      countOf(layer, { filter: text, division: null, datetime: this.planner.past.date }, this.planner.language, asked.signal)
        .then((value) => told({ is: 'here', value }), (error: unknown) => { if (!asked.signal.aborted) told({ is: 'failed', problem: asProblem(error) }); });
    }, COUNT_AFTER_MS);
    return () => { clearTimeout(timer); asked.abort(); };
  }

  private forget(layer: string): void {
    this.asked[layer]?.abort();
    this.counts = without(this.counts, layer);
  }
}

const without = <T>(all: Record<string, T>, name: string): Record<string, T> => Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));

/** A text as a draft: what conditions cannot say is kept as it is. */
export function draftOf(text: string): Draft {
  const root = readCql(text);
  return { root: root ? normal(root) : emptyGroup(), text, isText: root === null };
}

export const textOf = ({ root, text, isText }: Draft): string => (isText ? text.trim() : writeCql(root));
