import type { Language } from '../i18n/dictionary';
import type { Memory } from './exchange';
import type { Theme } from './permalink';

/** The language and the look that somebody wants; `null` is no choice. */
export interface Taste { language: Language | null; theme: Theme | null }

/** What a browser says that its reader reads. */
export const browserLanguage = (): Language => (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');

const LANGUAGE = 'platbook.language';
const THEME = 'platbook.theme';
const languageOf = (text: string | null): Language | null => (text === 'zh' || text === 'en' ? text : null);
const themeOf = (text: string | null): Theme | null => (text === 'auto' || text === 'light' || text === 'dark' ? text : null);

/** What was chosen in this browser; one that keeps nothing has no choice. */
export function keptTaste(memory: () => Memory): Taste {
  try {
    return { language: languageOf(memory().getItem(LANGUAGE)), theme: themeOf(memory().getItem(THEME)) };
  } catch {
    return { language: null, theme: null };
  }
}

export function keepTaste(memory: () => Memory, { language, theme }: Partial<Taste>): void {
  try {
    if (language) memory().setItem(LANGUAGE, language);
    if (theme) memory().setItem(THEME, theme);
  } catch {
    // It holds for this visit.
  }
}

/** What an address asks for in its query, for this visit: `?lang=en&theme=dark`. */
export function askedTaste(query: string): Taste {
  const asked = new URLSearchParams(query);
  return { language: languageOf(asked.get('lang')), theme: themeOf(asked.get('theme')) };
}

/** An address without the question of what was chosen: who chooses here no longer follows it. */
export function withoutTaste(query: string, { language, theme }: Partial<Taste>): string {
  const asked = new URLSearchParams(query);
  if (language) asked.delete('lang');
  if (theme) asked.delete('theme');
  return asked.size > 0 ? `?${asked.toString()}` : '';
}
