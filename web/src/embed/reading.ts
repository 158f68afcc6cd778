import { type FailureCode, type Message, MOST, type Requests, type RequestType, VERSION } from '../../embed/src/protocol';
import { isMoment } from '../domain/moment';

export type Request = { [Type in RequestType]: { type: Type; payload: Requests[Type]; requestId: string | null } }[RequestType];
export interface Refusal { code: FailureCode; requestId: string | null; message: string }
export type Read = { is: 'asked'; request: Request } | { is: 'refused'; refusal: Refusal };

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown, low: number, high: number): value is number => typeof value === 'number' && value >= low && value <= high;
const isText = (value: unknown, most = 200): value is string => typeof value === 'string' && value !== '' && value.length <= most;
const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';
const isListOf = (value: unknown, most: number, holds: (one: unknown) => boolean): boolean => Array.isArray(value) && value.length <= most && value.every(holds);

function isBox(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [west, south, east, north] = value as unknown[];
  return isNumber(west, -180, 180) && isNumber(east, -180, 180) && isNumber(south, -90, 90) && isNumber(north, -90, 90) && west <= east && south <= north;
}

const isShown = (one: unknown): boolean => isText(one) || (isFields(one) && isText(one.id) && (one.opacity === undefined || isNumber(one.opacity, 0, 100)));
const isId = (id: unknown): boolean => isNumber(id, 0, Number.MAX_SAFE_INTEGER) ? Number.isInteger(id) : isText(id, 16) && /^\d+$/.test(id);
const isFeature = (one: unknown): boolean => isFields(one) && isText(one.layer) && (one.code === undefined ? isId(one.id) : isText(one.code));

/** What each request holds, and how that is said to whoever sent something else. */
const SHAPES: Record<RequestType, { holds(payload: Fields): boolean; expected: string }> = {
  hello: { holds: () => true, expected: '{}' },
  setView: {
    holds: (said) => isFlag(said.animate) && (said.bbox === undefined ? isNumber(said.lon, -180, 180) && isNumber(said.lat, -90, 90) && (said.zoom === undefined || isNumber(said.zoom, 0, 24)) : isBox(said.bbox)),
    expected: '{ lon, lat, zoom? } or { bbox: [west, south, east, north] }, with animate?: boolean',
  },
  setLayers: { holds: ({ layers }) => isListOf(layers, MOST.layers, isShown), expected: `{ layers: (id or { id, opacity: 0…100 })[] }, ${MOST.layers} at the most` },
  setFilter: { holds: ({ layer, filter }) => isText(layer) && (filter === null || isText(filter, MOST.text)), expected: `{ layer, filter: CQL2 text of ${MOST.text} characters at the most, or null }` },
  setDate: { holds: ({ date }) => date === null || (isText(date) && isMoment(date)), expected: '{ date: "2026-06-30", "2026-06-30T08:00:00Z" or null }' },
  highlight: { holds: ({ features, open, zoom }) => isListOf(features, MOST.features, isFeature) && isFlag(open) && isFlag(zoom), expected: `{ features: { layer, id or code }[], open?, zoom? }, ${MOST.features} at the most` },
  setToken: { holds: ({ token }) => token === null || isText(token), expected: '{ token: "pbv_…" or null }' },
};

const isType = (type: string): type is RequestType => Object.hasOwn(SHAPES, type);

/** Reads what a page sent. Nothing of it is believed; what is refused is told with its reason, and without what was sent, which may be a token. */
export function readMessage(data: unknown): Read {
  const said = isFields(data) ? (data as Partial<Message>) : {};
  const requestId = isText(said.requestId, MOST.requestId) ? said.requestId : null;
  const refused = (code: FailureCode, message: string): Read => ({ is: 'refused', refusal: { code, requestId, message } });
  if (typeof said.type !== 'string' || (said.requestId !== undefined && requestId === null)) return refused('message.malformed', `expected { v: ${VERSION}, type, payload, requestId: text of ${MOST.requestId} characters at the most }`);
  if (said.v !== VERSION) return refused('message.version', `expected v: ${VERSION}`);
  if (!isType(said.type)) return refused('type.unknown', `expected one of ${Object.keys(SHAPES).join(', ')}`);
  const payload = said.payload ?? {};
  const shape = SHAPES[said.type];
  if (!isFields(payload) || !shape.holds(payload)) return refused('payload.invalid', `${said.type} expects ${shape.expected}`);
  return { is: 'asked', request: { type: said.type, payload, requestId } as unknown as Request };
}
