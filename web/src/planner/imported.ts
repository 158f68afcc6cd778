import { ask, query } from '../api/client';
import { listChangeSets } from '../api/edits';
import type { Commit, Import } from '../api/types';
import { boxOf } from '../domain/live';
import type { Language } from '../i18n/dictionary';
import type { Planner } from './state.svelte';

/** The newest revision that one sees: what comes after it is new. */
export const newestRevision = async (language: Language): Promise<number> => (await listChangeSets(1, null, language)).changesets[0]?.revision ?? 0;

/** Goes to what an import wrote after a revision: its layer is shown, the map fits it, a single feature is opened. */
export async function showImported(planner: Planner, { layer, report }: Import, after: number): Promise<void> {
  const { commits } = await ask<{ commits: Commit[] }>(`/changes?${query({ layer, after, limit: 200 })}`, planner.language);
  const own = commits.filter(({ actor, revision }) => actor === planner.visitor.name && revision <= (report?.revision ?? Infinity));
  const changes = own.flatMap((commit) => commit.changes);
  // Of very many changes a commit tells some: then the whole layer is shown.
  const isAll = own.length > 0 && own.every(({ complete }) => complete);
  const box = (isAll ? null : planner.layers.find(({ id }) => id === layer)?.extent) ?? boxOf({ changes });
  planner.past.date = null;
  planner.past.compare = null;
  const view = planner.views[layer];
  if (view && !view.isShown) planner.toggleLayer(layer);
  planner.engine?.refresh(layer);
  if (box) planner.engine?.fit(box);
  const [first, ...more] = changes;
  if (first && more.length === 0 && !planner.editor.isOn) void planner.open(layer, String(first.id));
}
