/** What a page and the map in its frame say to each other: `{ v: 1, type, payload, requestId }`, both ways. */

/** The version of the protocol. What is added keeps it; a map refuses messages of another one. */
export const VERSION = 1;

export interface Message { v: typeof VERSION; type: string; payload?: unknown; requestId?: string }

/** A layer that is shown, by its id, with how much of it (0 to 100 %). */
export type ShownLayer = string | { id: string; opacity?: number };

/** A feature of a layer: by the number that the map gives it, or by the code that its owners do. */
export type FeatureName = { layer: string; id: string | number } | { layer: string; code: string };

/** Where to look: a place and a zoom, or a box (west, south, east, north). */
export type ViewAsked = ({ lon: number; lat: number; zoom?: number } | { bbox: [number, number, number, number] }) & { animate?: boolean };

/** What a page may ask, by type. */
export interface Requests {
  /** Is answered by `ready`. */
  hello: Record<string, never>;
  setView: ViewAsked;
  /** These layers and no others, the one drawn on top first. */
  setLayers: { layers: ShownLayer[] };
  /** A condition in CQL2 text; `null` takes it away. */
  setFilter: { layer: string; filter: string | null };
  /** A day (`2026-06-30`) or a time in UTC; `null` is now. */
  setDate: { date: string | null };
  /** Marks these and no others; `open` opens the card of one, `zoom` goes there. */
  highlight: { features: FeatureName[]; open?: boolean; zoom?: boolean };
  /** A view token (`pbv_…`); `null` gives it back. */
  setToken: { token: string | null };
}
export type RequestType = keyof Requests;

export interface LayerTold { id: string; title: { zh: string; en: string }; geometry: 'point' | 'line' | 'polygon'; shown: boolean; opacity: number }
export interface ViewTold { lon: number; lat: number; zoom: number; bbox: [number, number, number, number] }
/** One that the visitor chose. Code and title are told of one alone. */
export interface FeatureTold { layer: string; id: string; code?: string; title?: string }

/** What is said with `ack`, by the request it answers. */
export interface Answers {
  hello: Ready;
  setView: ViewTold;
  setLayers: { layers: LayerTold[] };
  setFilter: { matched: number | null };
  setDate: { date: string | null };
  highlight: { features: { layer: string; id: string }[]; missing: { layer: string; code: string }[] };
  setToken: { layers: LayerTold[]; expires: string | null };
}

export interface Ready { protocol: typeof VERSION; city: { code: string; title: { zh: string; en: string } }; language: 'zh' | 'en'; layers: LayerTold[]; view: ViewTold | null; date: string | null; expires: string | null }

/** What a map tells without being asked, by type. */
export interface Events {
  ready: Ready;
  /** The visitor chose other features. What `highlight` marks is not told back. */
  selectionChanged: { features: FeatureTold[] };
  /** At most four times a second. */
  viewChanged: ViewTold;
  /** The view token ends soon: send another by `setToken`. */
  tokenExpiring: { expires: string };
  /** What could not be done, with the request it belongs to, or what happened by itself (`token.expired`). */
  error: Failure;
}
export type EventType = keyof Events;

/** Why something was not done. Codes are for programs, the message for people. */
export interface Failure { code: FailureCode; message: string }
export type FailureCode =
  | 'message.malformed' | 'message.version' | 'type.unknown' | 'payload.invalid' | 'queue.full'
  | 'layer.unknown' | 'feature.unknown' | 'filter.refused' | 'date.refused' | 'token.refused' | 'token.expired'
  | 'map.unavailable' | 'server.unreachable' | 'server.refused'
  /** Said by the client itself. */
  | 'timeout' | 'destroyed';

/** What a message may hold at the most. */
export const MOST = { features: 500, layers: 200, text: 7500, requestId: 64, waiting: 100 } as const;
