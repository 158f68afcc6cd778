import type { Count, LayerCount } from './counts';
import type { LegendGroup, LegendRow } from './legend';

export interface SheetRow { row: LegendRow; count: Count | undefined }
export interface SheetGroup { group: LegendGroup; total: Count | undefined; rows: SheetRow[] }

/**
 * The legend of a sheet: what lies on it and nothing else. Of layers and classes that have nothing there no more is said;
 * where nobody can count them they stay. `all` are the rows that were counted, in their order.
 */
export function onSheet(legend: LegendGroup[], counts: Record<string, LayerCount | undefined>, all: Record<string, LegendRow[]>): SheetGroup[] {
  return legend.flatMap((group): SheetGroup[] => {
    const counted = counts[group.layer.id];
    if (counted?.total === 0) return [];
    const countOf = (row: LegendRow): Count | undefined => (row.is === 'cluster' ? undefined : counted?.rows[(all[group.layer.id] ?? []).findIndex(({ key }) => key === row.key)]);
    const rows = group.rows.map((row) => ({ row, count: countOf(row) })).filter(({ count }) => count !== 0);
    return [{ group, total: counted?.total, rows }];
  });
}
