import { ranked } from '../domain/fuzzy';
import { commandWords } from '../i18n/commands';
import { type Command, commandsOf } from './commands';
import type { Planner } from './state.svelte';

const MOST_BESIDE = 4;
/** Beside places, a command must be meant: by the beginning of a name or of its initials, not by letters somewhere. */
const MEANT = 55;

/** The commands that a text names; all of them where there is none. */
export function commandsFor(planner: Planner, text: string): Command[] {
  if (planner.bookmarks.list.is === 'waiting') void planner.bookmarks.load();
  const all = commandsOf(planner);
  return text.trim() === '' ? all : ranked(text, all);
}

/** The few commands that a text names which may as well name a place. */
export const commandsNamed = (planner: Planner, text: string): Command[] =>
  (text.trim().length < 2 ? [] : ranked(text, commandsOf(planner), MEANT).slice(0, MOST_BESIDE));

export const groupOf = ({ language }: Planner, { group }: Command): string => commandWords[language].groups[group];
export const noneOf = ({ language }: Planner): string => commandWords[language].none;
