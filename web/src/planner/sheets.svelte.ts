import { tick } from 'svelte';
import type { Planner } from './state.svelte';

export type Panel = 'layers' | 'filter' | 'ask' | 'statistics' | 'bookmarks' | 'figures' | 'inView' | 'activity' | 'print' | 'local';

/** What stands over everything until it is closed. */
export type Dialog = { is: 'account' } | { is: 'keys' } | { is: 'import'; file: File | null; system?: string };

/** Below this width panels are sheets over the map; app.css draws the same line. */
const NARROW = '(max-width: 767px)';
/** How much of the height a sheet takes at the most, as in app.css. */
const SHARE = 0.5;

/** Which panels are open. Where they are sheets, there is one at a time: the newest. */
export class Sheets {
  isNarrow = $state(matchMedia(NARROW).matches);
  panel = $state<Panel | null>(matchMedia(NARROW).matches ? null : 'layers');
  dialog = $state.raw<Dialog | null>(null);
  /** Whether the list of differences is open: beside the map it always is. */
  isCompared = $state(false);
  /** Whether the card that is open takes the focus, for those who opened it by keys. */
  takesFocus = $state(false);
  /** What had the focus before. */
  private opener: HTMLElement | null = null;

  /** Whether what is selected is listed: several features, and nothing else to be said. */
  isSelectionShown = $derived.by((): boolean => {
    const { card, hits, editor, locals, selection, table } = this.planner;
    return selection.count > 1 && !locals?.card && card === null && hits.length === 0 && editor.draft === null && editor.several.many === null && !(this.isNarrow && table.layer !== null);
  });
  isCardOpen = $derived.by((): boolean => {
    const { card, hits, editor, past, styling } = this.planner;
    return card !== null || hits.length > 0 || (this.planner.locals?.card ?? null) !== null || styling.layer !== null || editor.draft !== null || editor.several.many !== null || this.isSelectionShown || (this.isNarrow && this.isCompared && past.compare !== null);
  });
  isPanelShown = $derived.by((): boolean => this.panel !== null && !(this.isNarrow && this.isCardOpen));
  isTableShown = $derived.by((): boolean => this.planner.table.layer !== null && !(this.isNarrow && (this.isCardOpen || this.panel !== null)));
  isTimeShown = $derived.by((): boolean => this.planner.past.isShown && !(this.isNarrow && (this.isCardOpen || this.panel !== null || this.planner.table.layer !== null)));

  constructor(private readonly planner: Planner) {
    matchMedia(NARROW).addEventListener('change', ({ matches }) => { this.isNarrow = matches; });
  }

  /** How many pixels of the map a sheet may lie on. */
  get covered(): number {
    return this.isNarrow ? Math.ceil(innerHeight * SHARE) : 0;
  }

  /** Opens a panel, or closes the one that is shown. */
  choose(panel: Panel): void {
    const isClosing = this.isPanelShown && this.panel === panel;
    if (!isClosing && !this.makeRoom()) return;
    this.panel = isClosing ? null : panel;
    if (this.panel === 'inView') this.planner.listDrawn();
    // Paper is seen from above.
    if (this.panel === 'print' && this.planner.isTilted) this.planner.tilt(false);
  }

  chooseTime(): void {
    const { past } = this.planner;
    if (this.isTimeShown) { past.close(); return; }
    if (!this.makeRoom()) return;
    if (this.isNarrow) this.panel = null;
    past.isOpen = true;
  }

  /** A table was opened: where it is a sheet, it is the only one. */
  tableOpened(): void {
    if (!this.isNarrow) return;
    this.panel = null;
    this.isCompared = false;
    if (this.planner.card || this.planner.hits.length > 0) this.planner.closeCard(true);
  }

  /** Closes the table, back to the button that opens it or to the map. */
  closeTable(): void {
    const { table, engine } = this.planner;
    const { opener } = table;
    table.close();
    if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) opener.focus();
    else engine?.map.getCanvas().focus();
  }

  /** Puts away what a new sheet would lie on; not what was edited and is not saved. */
  private makeRoom(): boolean {
    const { card, editor, hits } = this.planner;
    if (!this.isNarrow) return true;
    if (editor.draft || editor.several.many) {
      if (!editor.isFree()) return false;
      editor.letGo();
    }
    this.isCompared = false;
    this.planner.table.close();
    this.planner.styling.close();
    // A mark alone stays: nothing lies on it but this.
    if (card || hits.length > 0) this.planner.closeCard();
    return true;
  }

  /** Puts every sheet away, for what happens on the map. */
  clear(): void {
    if (this.isNarrow) this.panel = null;
  }

  /** The card that is being opened takes the focus and gives it back. */
  lead(opener: Element | null = document.activeElement): void {
    this.takesFocus = true;
    this.opener = opener instanceof HTMLElement ? opener : null;
  }

  /** Closes the card, back to where it was opened from. */
  async back(): Promise<void> {
    const { opener } = this;
    this.opener = null;
    this.planner.closeCard(this.planner.selection.count > 1);
    await tick();
    // A list that the card had taken the place of was drawn anew.
    if (opener) (opener.isConnected ? opener : document.getElementById('panel'))?.focus();
    if (opener instanceof HTMLInputElement && opener.isConnected) opener.select();
  }
}
