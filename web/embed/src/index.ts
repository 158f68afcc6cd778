import { type Answers, type Events, type EventType, type Failure, type FailureCode, type FeatureName, type Message, type Ready, type RequestType, type Requests, type ShownLayer, VERSION, type ViewAsked } from './protocol.js';

export type * from './protocol.js';
export { VERSION } from './protocol.js';

export interface EmbedOptions {
  /** Where the map is served: `https://map.example.gov.cn/` */
  url: string;
  /** Where the frame goes; it fills this element. */
  container: HTMLElement;
  /** What the frame is called for those who cannot see it. */
  title?: string;
  language?: 'zh' | 'en';
  theme?: 'light' | 'dark';
  /** What the map begins with: the part of a Platbook link after `#`. */
  state?: string;
  /** Gives a view token, first and whenever one ends. Ask your own server, which keeps the application token. */
  token?: () => Promise<string>;
  /** How long an answer may take; 15 seconds if nothing is said. */
  timeoutMs?: number;
}

/** Why a request failed, with a code for programs. */
export class EmbedError extends Error {
  constructor(readonly code: FailureCode, message: string) {
    super(message);
    this.name = 'EmbedError';
  }
}

interface Waiting { resolve(value: unknown): void; reject(error: EmbedError): void; timer: ReturnType<typeof setTimeout> }
type Listener<Type extends EventType> = (payload: Events[Type]) => void;

const TIMEOUT_MS = 15_000;

/** A map in a frame. Requests are promises: they are kept when the map has done what was asked, and end with an `EmbedError` otherwise. */
export class PlatbookMap {
  readonly frame: HTMLIFrameElement;
  /** Kept when the map has first answered, and its token, if there is one, was taken. */
  readonly ready: Promise<Ready>;
  private readonly origin: string;
  private readonly waiting = new Map<string, Waiting>();
  private readonly listeners = new Map<EventType, Set<(payload: never) => void>>();
  private readonly timeoutMs: number;
  private isDestroyed = false;
  private isWelcome = false;
  private asked = 0;
  private opened: { resolve(value: Ready): void; reject(error: EmbedError): void; timer: ReturnType<typeof setTimeout> } | null = null;

  constructor(private readonly options: EmbedOptions) {
    const address = addressOf(options);
    this.origin = address.origin;
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new EmbedError('timeout', `no map at ${address.origin} has answered: is this site declared there (embed_origins)?`)), this.timeoutMs);
      this.opened = { resolve, reject, timer };
    });
    // Whoever does not wait for it is told by `error` events and by what they ask.
    this.ready.catch(() => undefined);
    addEventListener('message', this.heard);
    this.frame = document.createElement('iframe');
    this.frame.title = options.title ?? 'Platbook';
    this.frame.allow = 'fullscreen; clipboard-write';
    // The map tells a declared site by the origin that the browser gives it.
    this.frame.referrerPolicy = 'origin';
    this.frame.style.cssText = 'width:100%;height:100%;border:0;display:block';
    this.frame.src = address.href;
    // A map that cannot know who is around it is told.
    this.frame.addEventListener('load', () => { if (!this.isWelcome) this.post({ v: VERSION, type: 'hello' }); });
    options.container.append(this.frame);
  }

  setView(view: ViewAsked): Promise<Answers['setView']> { return this.ask('setView', view); }
  /** Shows these layers and no others, the one drawn on top first. */
  setLayers(layers: ShownLayer[]): Promise<Answers['setLayers']> { return this.ask('setLayers', { layers }); }
  /** Shows what holds a condition in CQL2 text alone; `null` takes the condition away. */
  setFilter(layer: string, filter: string | null): Promise<Answers['setFilter']> { return this.ask('setFilter', { layer, filter }); }
  /** The map as of a day or a time; `null` is now. */
  setDate(date: string | null): Promise<Answers['setDate']> { return this.ask('setDate', { date }); }
  /** Marks features and takes other marks away; those whose code is not there are told as `missing`. */
  highlight(features: FeatureName[], how: { open?: boolean; zoom?: boolean } = {}): Promise<Answers['highlight']> { return this.ask('highlight', { features, ...how }); }
  /** Gives the map a view token, or takes it back. With the option `token` this is done by itself. */
  setToken(token: string | null): Promise<Answers['setToken']> { return this.ask('setToken', { token }); }
  /** What the map shows now. */
  state(): Promise<Ready> { return this.ask('hello', {}); }

  /** Tells of what happens in the map; the answer ends it. */
  on<Type extends EventType>(type: Type, listener: Listener<Type>): () => void {
    const all = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, all);
    all.add(listener);
    return () => { all.delete(listener); };
  }

  /** Takes the frame away; what still waits for an answer fails with `destroyed`. */
  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    removeEventListener('message', this.heard);
    const error = new EmbedError('destroyed', 'the map was taken away');
    for (const { reject, timer } of this.waiting.values()) { clearTimeout(timer); reject(error); }
    this.waiting.clear();
    this.settle(error);
    this.listeners.clear();
    this.frame.remove();
  }

  private ask<Type extends RequestType>(type: Type, payload: Requests[Type]): Promise<Answers[Type]> {
    if (this.isDestroyed) return Promise.reject(new EmbedError('destroyed', 'the map was taken away'));
    this.asked += 1;
    const requestId = `r${this.asked}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(requestId);
        reject(new EmbedError('timeout', `${type} was not answered in ${this.timeoutMs} ms`));
      }, this.timeoutMs);
      this.waiting.set(requestId, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.post({ v: VERSION, type, payload, requestId });
    });
  }

  /** Only the map gets it: another page in the frame has another origin. */
  private post(message: Message): void {
    this.frame.contentWindow?.postMessage(message, this.origin);
  }

  private readonly heard = ({ data, origin, source }: MessageEvent<unknown>): void => {
    if (origin !== this.origin || source !== this.frame.contentWindow || !isMessage(data)) return;
    const { type, payload, requestId } = data;
    const waiting = requestId === undefined ? undefined : this.waiting.get(requestId);
    if (requestId !== undefined && waiting) {
      clearTimeout(waiting.timer);
      this.waiting.delete(requestId);
      if (type === 'error') waiting.reject(asError(payload));
      else waiting.resolve(payload);
      return;
    }
    if (type === 'ready') this.welcomed(payload as Ready);
    else if (type === 'tokenExpiring' || (type === 'error' && (payload as Failure).code === 'token.expired')) void this.renew();
    if (type !== 'ack') this.tell(type as EventType, payload as never);
  };

  /** A map that was opened anew, too, begins without a token. */
  private welcomed(told: Ready): void {
    this.isWelcome = true;
    void this.renew().then(() => this.settle(told), (error: unknown) => this.settle(error instanceof EmbedError ? error : new EmbedError('token.refused', String(error))));
  }

  private settle(outcome: Ready | EmbedError): void {
    const { opened } = this;
    if (!opened) return;
    this.opened = null;
    clearTimeout(opened.timer);
    if (outcome instanceof EmbedError) opened.reject(outcome);
    else opened.resolve(outcome);
  }

  /** Fetches a token and gives it to the map. Without one the map goes on with what everybody sees. */
  private async renew(): Promise<void> {
    const { token } = this.options;
    if (!token) return;
    try {
      await this.setToken(await token());
    } catch (error) {
      if (this.opened) throw error;
      this.tell('error', { code: error instanceof EmbedError ? error.code : 'token.refused', message: String(error) } as never);
    }
  }

  private tell(type: EventType, payload: never): void {
    for (const listener of [...(this.listeners.get(type) ?? [])]) listener(payload);
  }
}

/** The address of the frame. A token never stands in it: addresses are kept in histories and logs. */
function addressOf({ url, language, theme, state }: EmbedOptions): URL {
  const address = new URL('embed.html', new URL(url, document.baseURI));
  if (language) address.searchParams.set('lang', language);
  if (theme) address.searchParams.set('theme', theme);
  if (state) address.hash = state.replace(/^#/, '');
  return address;
}

const isMessage = (data: unknown): data is Message => typeof data === 'object' && data !== null && (data as Message).v === VERSION && typeof (data as Message).type === 'string';

const asError = (payload: unknown): EmbedError => {
  const { code, message } = (payload ?? {}) as Partial<Failure>;
  return new EmbedError(code ?? 'message.malformed', message ?? '');
};
