import type { CommandWords } from '../i18n/commands';

type Does = keyof CommandWords['keyOf'];
/** One way to do something: keys that are pressed together, and what the pointer does with them. */
export interface KeyRow { does: Does; ways: { keys: string[]; pointer?: 'click' | 'drag' }[] }

const way = (...keys: string[]) => ({ keys });
/** Every key of the page, by where it works. */
export const KEYS: { group: keyof CommandWords['keyGroups']; rows: KeyRow[] }[] = [
  {
    group: 'everywhere',
    rows: [
      { does: 'palette', ways: [way('Ctrl', 'K')] }, { does: 'search', ways: [way('/')] }, { does: 'commandsOnly', ways: [way('>')] }, { does: 'sheet', ways: [way('?')] },
      { does: 'layers', ways: [way('[')] }, { does: 'table', ways: [way('T')] }, { does: 'escape', ways: [way('Esc')] }, { does: 'tab', ways: [way('Tab')] },
    ],
  },
  {
    group: 'map',
    rows: [
      { does: 'pan', ways: [way('←'), way('→'), way('↑'), way('↓')] }, { does: 'turn', ways: [way('Shift', '←'), way('Shift', '↑'), { keys: ['Ctrl'], pointer: 'drag' }] }, { does: 'zoom', ways: [way('+'), way('-')] }, { does: 'pick', ways: [way('Enter')] },
      { does: 'more', ways: [{ keys: ['Ctrl'], pointer: 'click' }, { keys: ['Shift'], pointer: 'click' }] }, { does: 'box', ways: [{ keys: ['Shift'], pointer: 'drag' }] }, { does: 'divider', ways: [way('←'), way('→')] },
    ],
  },
  {
    group: 'lists',
    rows: [
      { does: 'move', ways: [way('↑'), way('↓')] }, { does: 'page', ways: [way('PgUp'), way('PgDn'), way('Home'), way('End')] }, { does: 'tick', ways: [way('Space')] }, { does: 'go', ways: [way('Enter')] },
      { does: 'all', ways: [way('Ctrl', 'A')] }, { does: 'copyRows', ways: [way('Ctrl', 'C')] }, { does: 'drop', ways: [way('Alt', '↑'), way('Alt', '↓')] },
    ],
  },
  { group: 'editing', rows: [{ does: 'undo', ways: [way('Ctrl', 'Z')] }] },
];
