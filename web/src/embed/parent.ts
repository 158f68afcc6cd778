import { type Answers, type Events, type Failure, type Message, type RequestType, VERSION } from '../../embed/src/protocol';
import { type Read, readMessage } from './reading';

/** The page around this frame, as far as it can be known before it speaks: its origin, or `null`. */
function originAround(): string | null {
  const [nearest] = (location as Location & { ancestorOrigins?: ArrayLike<string> & Iterable<string> }).ancestorOrigins ?? [];
  return nearest ?? (document.referrer === '' ? null : new URL(document.referrer).origin);
}

/** The page that shows this map in a frame. The server lets declared sites do so alone; nobody else is heard, and nobody else is told. */
export class Parent {
  private origin: string | null = null;
  private readonly window: Window | null = window.parent === window ? null : window.parent;

  constructor(private readonly told: (read: Read) => void) {
    if (!this.window) return;
    const known = originAround();
    // A page without an origin of its own (a sandbox, a file) can be no declared site.
    this.origin = known === 'null' ? null : known;
    addEventListener('message', this.heard);
  }

  private readonly heard = ({ data, origin, source }: MessageEvent<unknown>): void => {
    if (source !== this.window || origin === 'null') return;
    // Where the browser does not tell, the first word does.
    this.origin ??= origin;
    if (origin !== this.origin) return;
    this.told(readMessage(data));
  };

  tell<Type extends keyof Events>(type: Type, payload: Events[Type], requestId: string | null = null): void { this.post(type, payload, requestId); }
  acknowledge<Type extends RequestType>(payload: Answers[Type], requestId: string | null): void { this.post('ack', payload, requestId); }
  refuse(failure: Failure, requestId: string | null): void { this.post('error', failure, requestId); }

  private post(type: string, payload: unknown, requestId: string | null): void {
    if (!this.window || this.origin === null) return;
    const message: Message = { v: VERSION, type, payload, ...(requestId === null ? {} : { requestId }) };
    this.window.postMessage(message, this.origin);
  }
}
