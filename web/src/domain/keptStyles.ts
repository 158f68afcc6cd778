import type { Memory } from './exchange';
import { type OwnStyle, readOwnStyle } from './ownStyle';

/** Where somebody's styles are kept from one visit to the next: in this browser. Nothing else knows where that is. */
const STYLES = 'platbook.styles';

export function keptStyles(memory: () => Memory): Record<string, OwnStyle> {
  try {
    const kept = JSON.parse(memory().getItem(STYLES) ?? '{}') as Record<string, unknown>;
    return Object.fromEntries(Object.entries(kept).flatMap(([id, value]) => {
      const own = readOwnStyle(value);
      return own ? [[id, own]] : [];
    }));
  } catch {
    return {};
  }
}

/** Keeps a style, or with `null` none; whether this browser keeps anything at all is answered. */
export function keepStyle(memory: () => Memory, id: string, own: OwnStyle | null): boolean {
  const styles = keptStyles(memory);
  if (own) styles[id] = own;
  else delete styles[id];
  try {
    memory().setItem(STYLES, JSON.stringify(styles));
    return true;
  } catch {
    return false;
  }
}
