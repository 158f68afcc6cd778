import { tick } from 'svelte';
import { keptLayers } from '../domain/leftSide';
import type { Theme } from '../domain/permalink';
import { type CommandWords, commandWords } from '../i18n/commands';
import { dictionaries } from '../i18n/dictionary';
import type { Panel } from './sheets.svelte';
import type { Planner } from './state.svelte';

/** Something that can be done from the search box: one registry for all of it. `also` are other words for it. */
export interface Command { id: string; group: keyof CommandWords['groups']; title: string; also: string[]; keys?: string; run(): void }

const PANELS: Panel[] = ['layers', 'filter', 'ask', 'statistics', 'bookmarks', 'figures', 'inView', 'activity', 'print'];
const THEMES: { theme: Theme; word: 'themeAuto' | 'themeLight' | 'themeDark' }[] = [{ theme: 'auto', word: 'themeAuto' }, { theme: 'light', word: 'themeLight' }, { theme: 'dark', word: 'themeDark' }];

type Entry = Omit<Command, 'title' | 'also' | 'group'> & { say(words: CommandWords, language: 'zh' | 'en'): string; also?: string[]; isThere?: boolean };

/** Everything that can be done now, in words of the page's language; those of the other one find it too. */
export function commandsOf(planner: Planner): Command[] {
  const { language } = planner;
  const other = language === 'zh' ? 'en' : 'zh';
  const named = (group: Command['group'], entries: Entry[]): Command[] => entries.filter(({ isThere = true }) => isThere).map(({ id, keys, run, say, also = [] }) =>
    ({ id, group, run, title: say(commandWords[language], language), also: [say(commandWords[other], other), ...also], ...(keys ? { keys } : {}) }));
  return [...named('panel', panels(planner)), ...named('map', ofMap(planner)), ...named('page', ofPage(planner)), ...named('layer', layers(planner)), ...named('bookmark', bookmarks(planner))];
}

/** Opens a panel and goes into it. */
function openPanel({ sheets }: Planner, panel: Panel): void {
  if (!sheets.isPanelShown || sheets.panel !== panel) sheets.choose(panel);
  void tick().then(() => document.getElementById('panel')?.focus());
}

const panels = (planner: Planner): Entry[] =>
  PANELS.filter((panel) => panel !== 'print' || planner.hasWebgl).map((panel) => ({ id: `panel.${panel}`, say: ({ open }, language) => open(dictionaries[language][panel]), run: () => openPanel(planner, panel), ...(panel === 'layers' ? { keys: '[' } : {}) }));

function ofMap(planner: Planner): Entry[] {
  const { editor, engine, filters, past, selection, sheets, table } = planner;
  const word = (name: 'time' | 'zoomIn' | 'zoomOut' | 'home' | 'selectBox' | 'table'): Entry['say'] => (_words, language) => dictionaries[language][name];
  const isDrawn = engine !== null;
  return [
    { id: 'time', say: word('time'), isThere: isDrawn, run: () => { if (!sheets.isTimeShown) sheets.chooseTime(); } },
    { id: 'compare', say: ({ compare, compareEnd }) => (past.compare ? compareEnd : compare), isThere: isDrawn, also: ['swipe'], run: () => { void compare(planner); } },
    { id: 'compare-layers', say: ({ compareLayers }) => compareLayers, isThere: isDrawn && past.compare === null, also: ['swipe'], run: () => { if (!sheets.isTimeShown) sheets.chooseTime(); past.compare = { from: null, share: 50, layers: keptLayers(planner.order, planner.views) }; } },
    { id: 'now', say: ({ now }) => now, isThere: past.date !== null, run: () => { past.date = null; } },
    { id: 'table', say: word('table'), keys: 'T', run: () => { if (!table.layer) table.toggle(); } },
    { id: 'box', say: word('selectBox'), keys: 'Shift', isThere: isDrawn, run: () => { selection.isBoxing = true; } },
    { id: 'clear-selection', say: ({ clearSelection }) => clearSelection, isThere: selection.count > 0, run: () => planner.closeCard() },
    { id: 'clear-filters', say: ({ clearFilters }) => clearFilters, isThere: Object.keys(filters.texts).length > 0, run: () => { for (const id of Object.keys(filters.texts)) filters.apply(id, null); } },
    { id: 'zoom-in', say: word('zoomIn'), keys: '+', isThere: isDrawn, run: () => engine?.turn('in') },
    { id: 'zoom-out', say: word('zoomOut'), keys: '-', isThere: isDrawn, run: () => engine?.turn('out') },
    { id: 'tilt', say: ({ tilt, flat }) => (planner.isTilted ? flat : tilt), isThere: isDrawn, also: ['buildings', 'floors', 'pitch'], run: () => planner.tilt() },
    { id: 'home', say: word('home'), isThere: isDrawn, run: () => { if (planner.catalogue.is === 'here') engine?.fit(planner.catalogue.value.city.bounds); } },
    { id: 'edit', say: ({ editStart, editStop }) => (editor.isOn ? editStop : editStart), isThere: isDrawn && past.date === null && (editor.isOn || editor.layers.length > 0), run: () => { if (!editor.isOn) void editor.start(); else if (!editor.isDirty || confirm(planner.words.discardSure)) editor.stop(); } },
  ];
}

async function compare({ language, past, sheets }: Planner): Promise<void> {
  if (past.compare) { past.compare = null; return; }
  if (!sheets.isTimeShown) sheets.chooseTime();
  // Without the marks there is still the beginning.
  await past.load(language).catch(() => undefined);
  past.compareMoments();
}

function ofPage(planner: Planner): Entry[] {
  const { sheets, visitor } = planner;
  const copyLink = (): void => { navigator.clipboard.writeText(location.href).then(() => planner.say(commandWords[planner.language].copied), () => planner.say(planner.words.copyFailed)); };
  return [
    { id: 'import', say: (_words, language) => dictionaries[language].importFile, isThere: planner.mayImport, also: ['upload', '上传'], run: () => { sheets.dialog = { is: 'import', file: null }; } },
    { id: 'file', say: ({ showFile }) => showFile, isThere: planner.hasWebgl, also: ['csv', 'xlsx', 'geojson', 'shapefile', 'kml'], run: () => { void planner.showFile(null).then(() => tick()).then(() => document.getElementById('panel')?.focus()); } },
    { id: 'link', say: ({ copyLink: said }) => said, also: ['share', '分享'], run: copyLink },
    { id: 'language', say: ({ language }) => language, also: ['language', '语言'], run: () => planner.toggleLanguage() },
    ...THEMES.filter(({ theme }) => theme !== planner.theme).map(({ theme, word }): Entry => ({ id: `theme.${theme}`, say: (words, language) => words.theme(dictionaries[language][word]), run: () => planner.setTheme(theme) })),
    { id: 'keys', say: ({ keys }) => keys, keys: '?', also: ['shortcuts', 'help', '帮助'], run: () => { sheets.dialog = { is: 'keys' }; } },
    { id: 'sign-in', say: (_words, language) => dictionaries[language].signIn, isThere: !visitor.isSignedIn, also: ['login'], run: () => { visitor.isAsked = true; } },
    { id: 'account', say: (_words, language) => dictionaries[language].account, isThere: visitor.isSignedIn, also: [visitor.name, 'tokens', 'users'], run: () => { sheets.dialog = { is: 'account' }; } },
    { id: 'sign-out', say: ({ signOut }) => signOut, isThere: visitor.isSignedIn && !planner.editor.isDirty, also: ['logout'], run: () => { planner.editor.stop(); void visitor.signOut(); } },
    { id: 'developers', say: ({ developers }) => developers, also: ['api'], run: () => { location.assign('/developers.html'); } },
  ];
}

const layers = (planner: Planner): Entry[] => planner.layers.flatMap((layer): Entry[] => {
  const { id, title } = layer;
  const isShown = planner.views[id]?.isShown ?? false;
  const isHeld = layer.count > 0;
  return [
    { id: `toggle.${id}`, say: ({ showLayer, hideLayer }, language) => (isShown ? hideLayer : showLayer)(title[language]), also: [id], run: () => planner.toggleLayer(id) },
    { id: `table.${id}`, say: ({ tableOf }, language) => tableOf(title[language]), isThere: isHeld, run: () => { planner.table.takesFocus = true; planner.table.open(layer); } },
    { id: `zoom.${id}`, say: ({ zoomTo }, language) => zoomTo(title[language]), isThere: isHeld && planner.engine !== null, run: () => planner.zoomTo(layer) },
    { id: `style.${id}`, say: ({ styleOf }, language) => styleOf(title[language]), isThere: isHeld && planner.engine !== null, run: () => planner.styling.open(layer) },
    { id: `export.${id}`, say: ({ exportOf }, language) => exportOf(title[language]), isThere: isHeld, also: ['download', '下载'], run: () => planner.export(layer) },
    { id: `quality.${id}`, say: ({ qualityOf }, language) => qualityOf(title[language]), isThere: isHeld, run: () => { planner.inspecting = layer; } },
  ];
});

const bookmarks = (planner: Planner): Entry[] => {
  const { list } = planner.bookmarks;
  return list.is === 'here' ? list.value.map(({ id, title }) => ({ id: `bookmark.${id}`, say: ({ bookmark }) => bookmark(title), run: () => { void planner.bookmarks.open(id); } })) : [];
};
