import type { Layer } from '../api/types';
import { keepStyle, keptStyles } from '../domain/keptStyles';
import { forLink, type OwnStyle } from '../domain/ownStyle';
import type { Permalink } from '../domain/permalink';
import type { Planner } from './state.svelte';

const MOST_UNDONE = 50;
const memory = (): Storage => localStorage;

/** Styles that somebody made in place of the catalogue's, and which of them is being worked on. */
export class Styling {
  owns = $state.raw<Record<string, OwnStyle>>({});
  /** The layer whose style is open. */
  layer = $state.raw<Layer | null>(null);
  /** Layers of a link whose style stood only in the browser that made it. */
  missing = $state.raw<string[]>([]);
  /** Whether this browser keeps what is made. */
  isKept = $state(true);
  /** What each layer had before, newest last. */
  private before = $state.raw<Record<string, (OwnStyle | null)[]>>({});
  /** What the link has room for. */
  linked = $derived(forLink(this.owns));

  constructor(private readonly planner: Planner) {}

  open(layer: Layer): void {
    const { sheets } = this.planner;
    sheets.isCompared = false;
    this.planner.closeCard();
    this.layer = layer;
    const view = this.planner.views[layer.id];
    if (view && !view.isShown) this.planner.toggleLayer(layer.id);
  }

  close(): void {
    this.layer = null;
  }

  /** Takes a style in place of what there was; `null` is the catalogue's. */
  set(id: string, own: OwnStyle | null): void {
    const was = this.owns[id] ?? null;
    if (JSON.stringify(was) === JSON.stringify(own)) return;
    this.before = { ...this.before, [id]: [...(this.before[id] ?? []), was].slice(-MOST_UNDONE) };
    this.take(id, own);
  }

  canUndo = (id: string): boolean => (this.before[id]?.length ?? 0) > 0;

  undo(id: string): void {
    const last = this.before[id]?.at(-1);
    if (last === undefined) return;
    this.before = { ...this.before, [id]: (this.before[id] ?? []).slice(0, -1) };
    this.take(id, last);
  }

  private take(id: string, own: OwnStyle | null): void {
    const view = this.planner.views[id];
    // Classes that were switched off were those of the other style.
    if (view) view.off = [];
    const others = Object.entries(this.owns).filter(([layer]) => layer !== id);
    this.owns = Object.fromEntries(own ? [...others, [id, own]] : others);
    this.missing = this.missing.filter((layer) => layer !== id);
    this.isKept = keepStyle(memory, id, own);
  }

  /** Follows a link: its styles, or where it says nothing at all, those that are kept here. */
  follow(link: Permalink, isBare: boolean): void {
    const kept = keptStyles(memory);
    const known = (id: string): boolean => this.planner.layers.some((layer) => layer.id === id);
    const wanted: [string, OwnStyle | undefined][] = isBare ? Object.entries(kept) : Object.entries(link.styles).map(([id, own]) => [id, own === 'kept' ? kept[id] : own]);
    const there = wanted.filter(([id]) => known(id));
    this.missing = there.filter(([, own]) => own === undefined).map(([id]) => id);
    this.before = {};
    this.owns = Object.fromEntries(there.filter((entry): entry is [string, OwnStyle] => entry[1] !== undefined && entry[1].form !== 'file'));
    const files = there.filter((entry): entry is [string, OwnStyle & { form: 'file' }] => entry[1]?.form === 'file');
    for (const [id, own] of files) void this.takeFile(id, own);
  }

  /** Style layers that came with a link are looked at like those of a file before they are drawn. */
  private async takeFile(id: string, own: OwnStyle & { form: 'file' }): Promise<void> {
    const layer = this.planner.layers.find((entry) => entry.id === id);
    if (!layer) return;
    const [{ checkedFile }, { stylingWords }] = await Promise.all([import('../domain/styleFile'), import('../i18n/styling')]);
    const checked = checkedFile(JSON.stringify(own.layers), layer, stylingWords(this.planner.language));
    if (checked.faults.length === 0 && checked.own) this.owns = { ...this.owns, [id]: checked.own };
    else this.missing = [...this.missing, id];
  }

  /** The style that was kept in this browser and is not the one that is drawn. */
  keptOther(id: string): OwnStyle | null {
    const kept = keptStyles(memory)[id] ?? null;
    return kept && JSON.stringify(kept) !== JSON.stringify(this.owns[id] ?? null) ? kept : null;
  }
}
