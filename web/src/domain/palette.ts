/** Colours that people with any colour vision tell apart, and how they stand on the dark map. */

/** Okabe and Ito's eight colours, black last. */
export const OKABE_ITO = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7', '#000000'] as const;
/** What belongs to no class. */
export const OTHER = '#8a8f98';
/** What has no value. */
export const MISSING = '#c9cdd3';

export const RAMPS = ['YlGnBu', 'YlOrBr', 'PuOr', 'batlow'] as const;
export type Ramp = (typeof RAMPS)[number];
export const FEWEST_CLASSES = 3;
export const MOST_CLASSES = 7;

/** Light first, by the number of classes from three on. ColorBrewer's (Apache-2.0), and Crameri's batlow (MIT). */
const COLORS: Record<Ramp, string[]> = {
  YlGnBu: [
    'edf8b1 7fcdbb 2c7fb8', 'ffffcc a1dab4 41b6c4 225ea8', 'ffffcc a1dab4 41b6c4 2c7fb8 253494',
    'ffffcc c7e9b4 7fcdbb 41b6c4 2c7fb8 253494', 'ffffcc c7e9b4 7fcdbb 41b6c4 1d91c0 225ea8 0c2c84',
  ],
  YlOrBr: [
    'fff7bc fec44f d95f0e', 'ffffd4 fed98e fe9929 cc4c02', 'ffffd4 fed98e fe9929 d95f0e 993404',
    'ffffd4 fee391 fec44f fe9929 d95f0e 993404', 'ffffd4 fee391 fec44f fe9929 ec7014 cc4c02 8c2d04',
  ],
  PuOr: [
    '998ec3 f7f7f7 f1a340', '5e3c99 b2abd2 fdb863 e66101', '5e3c99 b2abd2 f7f7f7 fdb863 e66101',
    '542788 998ec3 d8daeb fee0b6 f1a340 b35806', '542788 998ec3 d8daeb f7f7f7 fee0b6 f1a340 b35806',
  ],
  batlow: [
    'faccfa 828231 011959', 'faccfa d29343 3c6d56 011959', 'faccfa f19d6b 828231 226061 011959',
    'faccfa fba689 b38e2f 577647 185562 011959', 'faccfa fdac9c d29343 828231 3c6d56 144d62 011959',
  ],
};

/** The colours of a ramp from the least class to the greatest: what is most stands out most, on either map. */
export function rampColors(ramp: Ramp, classes: number, isDark: boolean): string[] {
  const of = (count: number): string[] => (COLORS[ramp][count - FEWEST_CLASSES] ?? '').split(' ').map((color) => `#${color}`);
  const [, second = '', middle = '', fourth = ''] = of(5);
  const colors = classes <= 1 ? [middle] : classes === 2 ? [second, fourth] : of(Math.min(MOST_CLASSES, classes));
  // The two ends of a diverging ramp mean something: they stay.
  return isDark && ramp !== 'PuOr' ? colors.reverse() : colors;
}

const DARK_GROUND = '#161b22';
/** What WCAG asks of graphics. */
const LEAST_CONTRAST = 3;

const channels = (color: string): number[] => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

/** How light a colour is, from 0 to 1, as WCAG reckons it. */
export function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colours, as WCAG reckons it. */
export function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** A colour that somebody chose, lightened on the dark map until it can be seen there. */
export function inTheme(color: string, isDark: boolean): string {
  if (!isDark) return color;
  for (let share = 0; share <= 100; share += 5) {
    const lighter = channels(color).map((part) => Math.round(part + ((255 - part) * share) / 100));
    const mixed = `#${lighter.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
    if (contrast(mixed, DARK_GROUND) >= LEAST_CONTRAST) return mixed;
  }
  return '#ffffff';
}
