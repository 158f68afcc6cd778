import { aggregate, askPage } from '../api/asking';
import type { Layer } from '../api/types';
import type { Language } from '../i18n/dictionary';

/** Above this many features, values that are all different would be a long answer: a sample stands for them. */
const MOST_COUNTED = 50_000;
const SAMPLE = 10_000;

/** The values of a property in the whole layer, or in as many features as `sample` says. */
export interface Values { groups: { key: string | null; count: number }[]; count: number; missing: number; sample: { all: number } | null }

const summed = (groups: Values['groups'], sample: Values['sample']): Values => ({
  groups, sample,
  count: groups.reduce((sum, { key, count }) => sum + (key === null ? 0 : count), 0),
  missing: groups.reduce((sum, { key, count }) => sum + (key === null ? count : 0), 0),
});

export async function readValues(layer: Layer, property: string, datetime: string | null, filter: string | null, language: Language, signal: AbortSignal): Promise<Values> {
  const question = { filter, division: null, datetime };
  const isContinuous = layer.properties.find(({ name }) => name === property)?.type === 'number';
  if (!isContinuous || layer.count <= MOST_COUNTED) return summed((await aggregate(layer.id, property, null, question, language, signal)).groups, null);
  const { features, numberMatched } = await askPage(layer.id, { ...question, limit: SAMPLE, properties: [property] }, language, signal);
  const groups = features.map(({ properties }) => {
    const value = properties[property];
    return { key: value === null || value === undefined ? null : String(value), count: 1 };
  });
  return summed(groups, numberMatched > features.length ? { all: numberMatched } : null);
}
