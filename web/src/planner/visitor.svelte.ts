import { door, Problem } from '../api/client';
import { readSession, signIn, signOut } from '../api/people';
import type { Action, Layer, Session } from '../api/types';
import type { Language } from '../i18n/dictionary';

/** Browsers count no further. */
const LONGEST_TIMER_MS = 2 ** 31 - 2000;

/** Why somebody sees something else from now on: they came, they left, or their session ended under them. */
export type Turn = 'came' | 'left' | 'ended';

/** Who uses the page, and what they may do. The server decides; this draws buttons by what it said. */
export class Visitor {
  session = $state.raw<Session | null>(null);
  /** How a session ended that was not ended here: by itself, or in another tab. */
  ended = $state<'itself' | 'elsewhere' | null>(null);
  isAsked = $state(false);
  /** The name of who was signed in last, for those who sign in again. */
  lastName = $state('');
  isSignedIn = $derived(this.session?.signed_in ?? false);
  name = $derived(this.session?.signed_in ? this.session.name : '');
  isAdministrator = $derived(this.session?.may.service.includes('administer') ?? false);

  /** The other tabs of this browser, which have the same session. */
  private readonly others = new BroadcastChannel('platbook.session');
  private ending: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly language: () => Language, private readonly changed: (turn: Turn) => Promise<void>) {
    door.refused = (problem) => { if (problem.code !== 'session.refused') void this.refused(); };
    document.addEventListener('visibilitychange', () => { if (!document.hidden) void this.look(); });
    this.others.onmessage = () => { void this.look('elsewhere'); };
  }

  async load(): Promise<void> {
    this.session = await readSession(this.language());
    this.watch();
  }

  /** Looks again when the session is to end. */
  private watch(): void {
    clearTimeout(this.ending);
    const left = Date.parse(this.session?.expires ?? '') - Date.now();
    if (left > 0 && left < LONGEST_TIMER_MS) this.ending = setTimeout(() => { void this.look(); }, left + 1000);
  }

  may(layer: string, action: Action): boolean {
    return this.isSignedIn && (this.session?.may.layers[layer]?.includes(action) ?? false);
  }

  mayEdit = (layer: Layer): boolean => ['create', 'update', 'delete'].some((action) => this.may(layer.id, action));

  async signIn(name: string, password: string): Promise<void> {
    this.session = await signIn(name, password, this.language());
    this.others.postMessage('came');
    await this.entered();
  }

  async signOut(): Promise<void> {
    await signOut(this.language());
    this.others.postMessage('left');
    await this.load();
    this.lastName = '';
    await this.changed('left');
  }

  private async entered(): Promise<void> {
    this.watch();
    this.ended = null;
    this.isAsked = false;
    await this.changed('came');
  }

  /** Looks whose session it is now: another tab may have ended it, or begun one. */
  async look(where: 'itself' | 'elsewhere' = 'itself'): Promise<void> {
    const before = this.session;
    // Without an answer nothing is known: what was said last stands.
    const now = await readSession(this.language()).catch((error: unknown) => (error instanceof Problem && error.status === 401 ? null : before));
    if (this.session !== before) return;
    if (before?.signed_in && now !== before && !now?.signed_in) { await this.refused(where); return; }
    if (!now) return;
    this.session = now;
    if (before && now.signed_in && now.name !== (before.signed_in ? before.name : '')) await this.entered();
  }

  /** An answer said that nobody is signed in, though somebody was. */
  async refused(where: 'itself' | 'elsewhere' = 'itself'): Promise<void> {
    if (!this.isSignedIn) return;
    this.lastName = this.name;
    this.ended = where;
    this.session = null;
    await this.load().catch(() => undefined);
    await this.changed('ended').catch(() => undefined);
  }
}
