import { listChangeSets } from '../api/edits';
import { endOf, momentAt, neighbour } from '../domain/moment';
import type { LeftSide } from '../domain/leftSide';
import type { Language } from '../i18n/dictionary';
import type { Engine } from '../map/engine';

const MARKS = 500;

/** The map as of another moment, alone or beside the one that is shown. */
export class Past {
  /** `null`: now. */
  date = $state<string | null>(null);
  compare = $state.raw<LeftSide | null>(null);
  isOpen = $state(false);
  /** The map of the other date, while two are shown. */
  other = $state.raw<Engine | null>(null);
  /** When something changed, newest first, and when the log began. */
  marks = $state.raw<number[]>([]);
  first = $state(Date.now());
  /** The end of the time line: when it was opened. */
  now = $state(Date.now());
  /** Another date keeps its line in sight. */
  isShown = $derived(this.isOpen || this.date !== null || this.compare !== null);
  at = $derived(this.date === null ? this.now : endOf(this.date));

  async load(language: Language): Promise<void> {
    const [newest, oldest] = await Promise.all([listChangeSets(MARKS, null, language), listChangeSets(1, 2, language)]);
    // Times of the log are finer than a millisecond: a mark stands just after its change.
    const after = ({ at }: { at: string }): number => Date.parse(at) + 1;
    this.marks = newest.changesets.map(after);
    this.now = Date.now();
    this.first = Math.min(...this.marks, ...oldest.changesets.map(after), this.now - 60_000);
  }

  /** Back to now, alone. */
  close(): void {
    this.isOpen = false;
    this.date = null;
    this.compare = null;
  }

  /** Another map to the left: the one before the last change. */
  compareMoments(): void {
    this.compare = { from: momentAt(neighbour(this.marks, this.at - 1, 'before') ?? this.first), share: 50, layers: null };
  }

  /** Shows a time; one at or after the end of the line is now. */
  show(time: number): void {
    this.date = time >= this.now ? null : momentAt(time);
  }
}
