import type { Feature, Layer } from '../api/types';
import { titleOf } from './format';

/** Other features that a finding names, as the server writes them in either language. */
const NAMED = /(要素 |feature )(\d+)/g;

/** A sentence in pieces: text, and features that it names. */
export type Piece = { text: string } | { id: number };

export function piecesOf(message: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of message.matchAll(NAMED)) {
    const [whole, word = '', id = ''] = match;
    pieces.push({ text: message.slice(end, match.index) + word }, { id: Number(id) });
    end = match.index + whole.length;
  }
  return [...pieces, { text: message.slice(end) }].filter((piece) => !('text' in piece) || piece.text !== '');
}

/** Every feature that is found or named, each once. */
export const idsOf = (findings: { id: number; message: string }[]): number[] =>
  [...new Set(findings.flatMap(({ id, message }) => [id, ...piecesOf(message).flatMap((piece) => ('id' in piece ? [piece.id] : []))]))];

/** What features are called, by id; those that have no name are left out. */
export const labelsOf = (layer: Layer, features: Pick<Feature, 'id' | 'properties'>[]): Map<number, string> =>
  new Map(features.flatMap(({ id, properties }) => { const title = titleOf(layer, properties); return title === null ? [] : [[Number(id), title] as const]; }));
