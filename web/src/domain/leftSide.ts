import type { Layer } from '../api/types';
import type { LayerView } from './style';

/** A layer as the left one of two maps shows it. */
export interface LeftLayer { id: string; opacity: number; off: string[] }

/** The left one of two maps side by side: as of when (`null`: as the right one), which layers (`null`: those of the right one), and how many percent of the width it takes. */
export interface LeftSide { from: string | null; share: number; layers: LeftLayer[] | null }

/** Stands for the moment of the right map. */
const SAME = 'same';

/** What is shown now, to be kept on the left; the one drawn on top first. */
export const keptLayers = (order: readonly string[], views: Record<string, LayerView>): LeftLayer[] =>
  order.flatMap((id) => { const view = views[id]; return view?.isShown ? [{ id, opacity: view.opacity, off: [...view.off] }] : []; });

/** Which layers a side shows, in few words: two names, and how many more. */
export function namesOf(ids: readonly string[], layers: readonly Layer[], language: 'zh' | 'en', none: string): string {
  const NAMED = 2;
  const titles = ids.flatMap((id) => layers.find((layer) => layer.id === id)?.title[language] ?? []);
  if (titles.length === 0) return none;
  const more = titles.length - NAMED;
  return titles.slice(0, NAMED).join(language === 'zh' ? '、' : ', ') + (more > 0 ? ` +${more}` : '');
}

/** `2024-12-31@40`, or `same@40`, and the layers as `doorplate~60~planned,road`. */
export function writeLeft({ from, share, layers }: LeftSide, encoded: (text: string) => string): { side: string; layers: string | null } {
  const written = layers?.map(({ id, opacity, off }) => [encoded(id), ...(opacity === 100 && off.length === 0 ? [] : [String(opacity)]), ...off.map(encoded)].join('~'));
  return { side: `${from ?? SAME}@${share}`, layers: written?.join(',') ?? null };
}

/** Reads the moment and the share; which layers it has stands apart. */
export function readLeft(text: string, isMoment: (text: string) => boolean): Omit<LeftSide, 'layers'> | null {
  const [from = '', share = '50'] = text.split('@');
  const percent = Number(share);
  if ((from !== SAME && !isMoment(from)) || !(percent >= 0 && percent <= 100)) return null;
  return { from: from === SAME ? null : from, share: Math.round(percent) };
}

/** Reads the layers; what is damaged is left out. */
export function readLeftLayers(text: string, decoded: (text: string) => string | null): LeftLayer[] {
  const layers = new Map<string, LeftLayer>();
  for (const part of text.split(',')) {
    const [name = '', share = '100', ...values] = part.split('~');
    const id = decoded(name);
    const opacity = Number(share);
    const off = [...new Set(values.map(decoded).filter((value): value is string => !!value))];
    if (id && share !== '' && opacity >= 0 && opacity <= 100) layers.set(id, { id, opacity: Math.round(opacity), off });
  }
  return [...layers.values()];
}
