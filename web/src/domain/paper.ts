/** A sheet of paper: its size, its scale, and how an address says what is on it. */
import type { Language } from '../i18n/dictionary';

export const PAPERS = ['A4', 'A3', 'A2'] as const;
export type Paper = (typeof PAPERS)[number];
export const ORIENTATIONS = ['landscape', 'portrait'] as const;
export type Orientation = (typeof ORIENTATIONS)[number];
/** What may be left off a sheet; approval number and marks of what is assumed or made up may not. */
export const PARTS = ['legend', 'counts', 'bar', 'north', 'sources', 'date'] as const;
export type Part = (typeof PARTS)[number];

/** Dots of an inch, at the least, when nothing is said, and at the most: as `GET /print` has them. */
export const DPI = { least: 72, usual: 150, most: 300 } as const;
/** The number behind 1:, at the least and at the most: as `GET /print` has it. */
export const SCALE = { least: 100, most: 10_000_000 } as const;
export const TITLE_MOST = 100;
export const AUTHOR_MOST = 60;

/** `scale` is `null` where the state's zoom says it; `author` where the account is named, '' for nobody. */
export interface SheetAsked { paper: Paper; orientation: Orientation; dpi: number; scale: number | null; title: string | null; language: Language | null; left: Part[]; author: string | null }

/** Millimetres of the short and the long side: ISO 216. */
const SIDES: Record<Paper, [number, number]> = { A4: [210, 297], A3: [297, 420], A2: [420, 594] };
/** How much larger type and margins are than on A4. */
const LARGER: Record<Paper, number> = { A4: 1, A3: 1.25, A2: 1.6 };

export const MM_OF_INCH = 25.4;
/** Pixels of an inch, as style sheets count them. */
export const CSS_DPI = 96;
export const MM_OF_PIXEL = MM_OF_INCH / CSS_DPI;

export function sizeOf(paper: Paper, orientation: Orientation): { width: number; height: number; unit: number } {
  const [short, long] = SIDES[paper];
  return { width: orientation === 'landscape' ? long : short, height: orientation === 'landscape' ? short : long, unit: LARGER[paper] };
}

/** The part of the sheet that the map takes, millimetres: what is left beside margins, heading, column or foot. */
export function mapSize(paper: Paper, orientation: Orientation): { width: number; height: number } {
  const { width, height, unit } = sizeOf(paper, orientation);
  const { margin, head, foot, column, block, gap } = ROOMS;
  const [beside, below] = orientation === 'landscape' ? [column + gap, 0] : [0, block + gap];
  return { width: width - (2 * margin + beside) * unit, height: height - (2 * margin + head + foot + below) * unit };
}
/** Millimetres of A4. */
export const ROOMS = { margin: 9, head: 17, foot: 13, column: 56, block: 62, gap: 4 } as const;

/** Semi-major axis in metres, and eccentricity squared: CGCS2000, GB 22021-2008. */
const [AXIS, ECCENTRICITY_2] = [6_378_137, 0.00669438002290];
const PIXELS_OF_WORLD = 512;

/**
 * Metres of a pixel of the map at zoom 0, at a latitude. The map is Web Mercator: there north and east differ in scale on the ellipsoid
 * (by 0.5 % here), so that the mean of both is taken, √(M·N); either is right within a quarter of a percent.
 */
function metresOfPixel(lat: number): number {
  const angle = (lat * Math.PI) / 180;
  const w2 = 1 - ECCENTRICITY_2 * Math.sin(angle) ** 2;
  const radius = (AXIS * Math.sqrt(1 - ECCENTRICITY_2)) / w2;
  return (2 * Math.PI * radius * Math.cos(angle)) / PIXELS_OF_WORLD;
}

/** The zoom at which the middle of the map is 1:`scale` on paper. */
export const zoomOf = (scale: number, lat: number): number => Math.log2((metresOfPixel(lat) * 1000) / (scale * MM_OF_PIXEL));
/** The number behind 1: at a zoom. */
export const scaleOf = (zoom: number, lat: number): number => (metresOfPixel(lat) * 1000) / (MM_OF_PIXEL * 2 ** zoom);

/** A scale as it is asked for and written: whole. */
export const wholeScale = (scale: number): number => Math.min(SCALE.most, Math.max(SCALE.least, Math.round(scale)));

/** The largest round number that is not larger: 1, 2, 2.5 or 5 times a power of ten. */
export function roundScale(scale: number): number {
  const power = 10 ** Math.floor(Math.log10(scale));
  const step = [5, 2.5, 2, 1].find((one) => one * power <= scale * (1 + 1e-9)) ?? 1;
  return wholeScale(step * power);
}

/** The longest bar that is at most so long: metres of each of its parts, how many parts, and millimetres of a part. */
export function barOf(scale: number, mostMm: number): { metres: number; parts: number; mm: number } {
  const most = (mostMm * scale) / 1000;
  const power = 10 ** Math.floor(Math.log10(most));
  const bars = [0.1, 1].flatMap((tens) => [1, 2, 2.5, 5].flatMap((step) => [3, 4, 5].map((parts) => ({ metres: step * tens * power, parts }))));
  const { metres, parts } = bars.filter((bar) => bar.metres * bar.parts <= most * (1 + 1e-9)).sort((one, other) => other.metres * other.parts - one.metres * one.parts || one.parts - other.parts)[0] ?? { metres: power / 10, parts: 5 };
  return { metres, parts, mm: (metres * 1000) / scale };
}

const among = <T extends string>(known: readonly T[], word: string | null): T | null => known.find((one) => one === word) ?? null;
function whole(text: string | null, least: number, most: number): number | null {
  const number = text === null || !/^\d+$/.test(text) ? Number.NaN : Number(text);
  return number >= least && number <= most ? number : null;
}

/** Parameters of the state that only the sheet reads: parts that are left off, and who is named. */
const [LEFT, AUTHOR] = ['po', 'pa'];
function stateParameter(hash: string, name: string): string | null {
  const part = (hash.split('?', 2)[1] ?? '').split('&').find((one) => one.startsWith(`${name}=`));
  try {
    return part === undefined ? null : decodeURIComponent(part.slice(name.length + 1));
  } catch {
    return null;
  }
}

/** Reads any address; what is damaged is as if it had not been said. */
export function readSheet(search: string, hash: string): SheetAsked {
  const asked = new URLSearchParams(search);
  return {
    paper: among(PAPERS, asked.get('paper')) ?? 'A4',
    orientation: among(ORIENTATIONS, asked.get('orientation')) ?? 'landscape',
    dpi: whole(asked.get('dpi'), DPI.least, DPI.most) ?? DPI.usual,
    scale: whole(asked.get('scale'), SCALE.least, SCALE.most),
    title: asked.get('title')?.trim().slice(0, TITLE_MOST) || null,
    language: among(['zh', 'en'] as const, asked.get('lang')),
    left: (stateParameter(hash, LEFT) ?? '').split('~').flatMap((word) => among(PARTS, word) ?? []),
    author: stateParameter(hash, AUTHOR)?.slice(0, AUTHOR_MOST) ?? null,
  };
}

/** A state of the map, without `#`, with what only the sheet reads. */
export function stateFor(state: string, { left, author }: Pick<SheetAsked, 'left' | 'author'>): string {
  const bare = state.replace(/^#/, '');
  const more = [...(left.length > 0 ? [`${LEFT}=${left.join('~')}`] : []), ...(author === null ? [] : [`${AUTHOR}=${encodeURIComponent(author)}`])];
  return more.length === 0 ? bare : `${bare}${bare.includes('?') ? '&' : '?'}${more.join('&')}`;
}

/** The parameters that page and server have in common. */
export function sheetQuery({ paper, orientation, dpi, scale, title, language }: SheetAsked): URLSearchParams {
  const said = { paper, orientation, dpi, scale, title, lang: language };
  return new URLSearchParams(Object.entries(said).flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, String(value)]])));
}
