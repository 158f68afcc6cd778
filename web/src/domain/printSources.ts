import type { StyleSpecification } from 'maplibre-gl';
import type { Layer } from '../api/types';
import type { Language } from '../i18n/dictionary';
import { approvalNumber } from './format';

/** Whom a sheet must name for what is drawn on it, each once, and the approval numbers among them. */
export function sourcesOf({ style, layers }: { style: StyleSpecification; layers: string[] }, divisions: string | null): { text: string; approvals: string[] } {
  const drawn = [...layers, ...(divisions === null ? [] : [divisions])];
  const said = drawn.flatMap((id) => {
    const source = style.sources[id];
    return source && 'attribution' in source && typeof source.attribution === 'string' ? source.attribution.split(' · ') : [];
  }).map((part) => part.trim()).filter((part) => part !== '');
  const parts = [...new Set(said)];
  return { text: parts.join(' · ') || '—', approvals: [...new Set(parts.map(approvalNumber).filter((number) => number !== ''))] };
}

/** When layers were last taken in, newest first; those of which nobody knows are left out. */
export function datesOf(layers: Layer[], language: Language): { date: string; titles: string[] }[] {
  const byDate = new Map<string, string[]>();
  for (const { governance, title } of layers) {
    const date = governance?.last?.slice(0, 10);
    if (date) byDate.set(date, [...(byDate.get(date) ?? []), title[language]]);
  }
  return [...byDate].sort(([a], [b]) => b.localeCompare(a)).map(([date, titles]) => ({ date, titles }));
}
