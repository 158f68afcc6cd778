import { query } from '../api/client';
import type { Commit } from '../api/types';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'offline';

const MOST_KEPT = 50;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** A browser keeps few connections to a server: a page that nobody looks at lets its own go, and catches up later. */
const HIDDEN_FOR_MS = 60_000;

/** Follows the server's changes; what broke off goes on where it was. */
export class Live {
  connection = $state<Connection>('connecting');
  /** What was heard since the page opened, newest first. */
  commits = $state.raw<Commit[]>([]);
  unseen = $state(0);
  private source: EventSource | null = null;
  private layers = '';
  private last = 0;
  private wait = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly heard: (commit: Commit) => void, private readonly refused: () => void) {
    addEventListener('online', () => this.connect());
    // What is heard while nothing can be read would be lost: it is heard when the network is back.
    addEventListener('offline', () => { this.close(); this.connection = 'offline'; });
    document.addEventListener('visibilitychange', () => {
      clearTimeout(this.hiding);
      if (document.hidden) this.hiding = setTimeout(() => this.close(), HIDDEN_FOR_MS);
      else if (!this.source) this.connect();
    });
  }

  /** Follows these layers from a revision on, or from what was heard last. */
  follow(layers: string[], after: number): void {
    const wanted = layers.join(',');
    this.last = Math.max(this.last, after);
    if (this.layers === wanted && this.source) return;
    this.layers = wanted;
    this.connect();
  }

  /** Begins anew: who may see what has changed. */
  restart(): void {
    this.connect();
  }

  private close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private connect(): void {
    this.close();
    // Of nothing that is shown nothing can be late.
    if (this.layers === '') { this.connection = 'live'; return; }
    if (!navigator.onLine) { this.connection = 'offline'; return; }
    const source = new EventSource(`/changes?${query({ layer: this.layers, after: this.last })}`);
    this.source = source;
    source.onopen = () => { this.connection = 'live'; this.wait = FIRST_WAIT_MS; };
    source.onerror = () => {
      this.connection = navigator.onLine ? 'reconnecting' : 'offline';
      // A browser tries again by itself after a break, not after a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      this.close();
      this.timer = setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
      this.refused();
    };
    source.addEventListener('commit', (event) => {
      const commit = JSON.parse((event as MessageEvent<string>).data) as Commit;
      if (commit.revision <= this.last) return;
      this.last = commit.revision;
      this.commits = [commit, ...this.commits].slice(0, MOST_KEPT);
      this.unseen += 1;
      this.heard(commit);
    });
  }
}
