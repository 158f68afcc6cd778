import { asProblem, Problem } from '../api/client';
import { type Audience, createView, deleteView, listViews, readView, replaceView, type SavedView } from '../api/views';
import { thumbnail } from '../map/thumbnail';
import type { Loading, Planner } from './state.svelte';

const KIND = 'bookmark';

/** Views of the map that are saved, and opened again. */
export class Bookmarks {
  list = $state.raw<Loading<SavedView[]>>({ is: 'waiting' });
  audience = $state<Audience | null>(null);
  next = $state<string | null>(null);
  /** Why a view that a link names could not be opened. */
  unopened = $state.raw<{ id: string; problem: Problem } | null>(null);

  constructor(private readonly planner: Planner) {}

  async load(): Promise<void> {
    try {
      const { views, next } = await listViews(KIND, this.audience, null, this.planner.language);
      this.list = { is: 'here', value: views };
      this.next = next ?? null;
    } catch (error) {
      this.list = { is: 'failed', problem: asProblem(error) };
    }
  }

  async more(): Promise<void> {
    if (this.list.is !== 'here' || this.next === null) return;
    const { views, next } = await listViews(KIND, this.audience, this.next, this.planner.language);
    this.list = { is: 'here', value: [...this.list.value, ...views] };
    this.next = next ?? null;
  }

  /** What a saved view shows; none where it cannot be opened, which the panel then tells. */
  async stateOf(id: string): Promise<string | null> {
    this.unopened = null;
    try {
      const { state, title } = await readView(id, this.planner.language);
      if (typeof state !== 'string') throw new Problem(0, this.planner.words.bookmarkFailed, this.planner.words.bookmarkFailed, null);
      this.planner.say(this.planner.words.bookmarkOpened(title));
      return state;
    } catch (error) {
      this.unopened = { id, problem: asProblem(error) };
      this.planner.sheets.panel = 'bookmarks';
      return null;
    }
  }

  /** Opens a saved view, unless something is in hand that would be lost. */
  async open(id: string): Promise<void> {
    const { editor } = this.planner;
    if (editor.isDirty && !confirm(this.planner.words.discardSure)) return;
    const state = await this.stateOf(id);
    if (state === null) return;
    if (editor.isOn) editor.stop();
    // The page follows its address, whoever writes it.
    location.hash = state;
  }

  async save(title: string, audience: Audience): Promise<void> {
    await createView({ kind: KIND, title, audience, ...(await this.shown()) }, this.planner.language);
    await this.load();
  }

  /** Saves what is shown now in place of what was saved. */
  async replace(view: SavedView): Promise<void> {
    const { title, audience } = view;
    await replaceView(view, { kind: KIND, title, audience, ...(await this.shown()) }, this.planner.language);
    await this.load();
  }

  async rename(view: SavedView, title: string): Promise<void> {
    const { audience, state = '', thumbnail: picture } = await readView(view.id, this.planner.language);
    await replaceView(view, { kind: KIND, title, audience, state, ...(picture ? { thumbnail: picture } : {}) }, this.planner.language);
    await this.load();
  }

  async remove(view: SavedView): Promise<void> {
    await deleteView(view, this.planner.language);
    await this.load();
  }

  private async shown(): Promise<{ state: string; thumbnail?: string }> {
    const picture = this.planner.engine ? await thumbnail(this.planner.engine.map) : null;
    return { state: this.planner.link().replace(/^#/, ''), ...(picture ? { thumbnail: picture } : {}) };
  }
}
