import { door, Problem } from '../api/client';
import { readSession, signIn, signOut } from '../api/people';
import type { Action, Layer, Session } from '../api/types';
import type { Language } from '../i18n/dictionary';

/** Browsers count no further. */
const LONGEST_TIMER_MS = 2 ** 31 - 2000;

/** Who uses the page, and what they may do. The server decides; this draws buttons by what it said. */
export class Visitor {
  session = $state.raw<Session | null>(null);
  /** Whether a session ended without having been asked to. */
  hasEnded = $state(false);
  isAsked = $state(false);
  /** The name of who was signed in last, for those who sign in again. */
  lastName = $state('');
  isSignedIn = $derived(this.session?.signed_in ?? false);
  name = $derived(this.session?.signed_in ? this.session.name : '');
  isAdministrator = $derived(this.session?.may.service.includes('administer') ?? false);

  private ending: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly language: () => Language, private readonly changed: () => Promise<void>) {
    door.refused = (problem) => { if (problem.code !== 'session.refused') void this.refused(); };
    document.addEventListener('visibilitychange', () => { if (!document.hidden && this.isSignedIn) void this.look(); });
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
    await this.entered();
  }

  async signOut(): Promise<void> {
    await signOut(this.language());
    await this.load();
    this.lastName = '';
    await this.changed();
  }

  private async entered(): Promise<void> {
    this.watch();
    this.hasEnded = false;
    this.isAsked = false;
    await this.changed();
  }

  /** Looks whether the session still holds: another tab may have ended it. */
  async look(): Promise<void> {
    const before = this.session;
    // Without an answer nothing is known: what was said last stands.
    const now = await readSession(this.language()).catch((error: unknown) => (error instanceof Problem && error.status === 401 ? null : before));
    if (before?.signed_in && now !== before && !now?.signed_in) await this.refused();
    else if (now) this.session = now;
  }

  /** An answer said that nobody is signed in, though somebody was. */
  async refused(): Promise<void> {
    if (!this.isSignedIn) return;
    this.lastName = this.name;
    this.hasEnded = true;
    this.session = null;
    await this.load().catch(() => undefined);
  }
}
