import type { Governance } from '../api/types';
import { dayOf } from './moment';

/** Whether a layer was taken in as often as it is to be. */
export type Freshness = { is: 'fresh' } | { is: 'late'; days: number } | { is: 'unknown' };

const DAY_MS = 24 * 3_600_000;

/** `null`: nobody said how often. `time` is now, or the moment that is looked at. */
export function freshnessOf(governance: Governance | null, time: number): Freshness | null {
  if (governance === null || governance.refresh_days === null) return null;
  if (governance.last === null) return { is: 'unknown' };
  const last = Date.parse(governance.last);
  if (Number.isNaN(last)) return { is: 'unknown' };
  const days = Math.round((Date.parse(dayOf(time)) - Date.parse(dayOf(last))) / DAY_MS) - governance.refresh_days;
  return days > 0 ? { is: 'late', days } : { is: 'fresh' };
}
