/** A map of statistics as a picture that stands alone: title, legend, sources. */

export interface PictureArea { path: string; fill: string; title: string }
export interface LegendEntry { fill: string; text: string }
export interface Picture { title: string; subtitle: string; source: string; areas: PictureArea[]; legend: LegendEntry[]; ink: string; ground: string; text: string }

export const PICTURE_WIDTH = 600;
export const MAP_HEIGHT = 440;
const [MARGIN, HEAD, ROW, FOOT, LETTERS] = [20, 64, 22, 18, 44];

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The two patterns for what has no class, under ids that begin with a prefix. */
export const patterns = (prefix: string, ink: string, ground: string): string =>
  `<pattern id="${prefix}-hatch" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${ground}"/><path d="M-2 10L10 -2M-2 2L2 -2M6 10L10 6" stroke="${ink}"/></pattern>` +
  `<pattern id="${prefix}-dots" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${ground}"/><circle cx="4" cy="4" r="1.4" fill="${ink}"/></pattern>`;

/** A long line in pieces that fit beside each other in the picture. */
function lines(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; at += LETTERS) found.push(text.slice(at, at + LETTERS));
  return found;
}

/** The picture as an SVG file; fills may name the patterns `p-hatch` and `p-dots`. */
export function pictureSvg({ title, subtitle, source, areas, legend, ink, ground, text }: Picture): string {
  const legendAt = HEAD + MAP_HEIGHT + MARGIN;
  const sources = lines(source);
  const footAt = legendAt + legend.length * ROW + MARGIN;
  const height = footAt + sources.length * FOOT + MARGIN / 2;
  const width = PICTURE_WIDTH + 2 * MARGIN;
  const write = (x: number, y: number, size: number, said: string, weight = 400): string => `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${text}">${escaped(said)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="-apple-system, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif">`,
    `<defs>${patterns('p', ink, ground)}</defs><rect width="${width}" height="${height}" fill="${ground}"/>`,
    write(MARGIN, 30, 18, title, 600), write(MARGIN, 52, 13, subtitle),
    `<g transform="translate(${MARGIN} ${HEAD})">`,
    ...areas.map((area) => `<path d="${area.path}" fill="${escaped(area.fill)}" stroke="${ink}" stroke-width="0.8"><title>${escaped(area.title)}</title></path>`),
    '</g>',
    ...legend.map((entry, at) => `<rect x="${MARGIN}" y="${legendAt + at * ROW}" width="18" height="14" fill="${escaped(entry.fill)}" stroke="${ink}"/>${write(MARGIN + 28, legendAt + at * ROW + 12, 13, entry.text)}`),
    ...sources.map((line, at) => write(MARGIN, footAt + at * FOOT, 12, line)),
    '</svg>',
  ].join('\n');
}
