import type { Answers, Requests } from '../../embed/src/protocol';
import { findFeatures } from '../api/items';
import type { Language } from '../i18n/dictionary';
import { Refused } from './refusing';

/** The features that a page names; those named by a code are looked up, all of a layer at once. */
export async function lookedUp(features: Requests['highlight']['features'], codeOf: (layer: string) => string | undefined, date: string | null, language: Language): Promise<{ found: Answers['highlight']['features']; missing: Answers['highlight']['missing'] }> {
  const asked = new Map<string, string[]>();
  for (const one of features) if ('code' in one) asked.set(one.layer, [...(asked.get(one.layer) ?? []), one.code]);
  const known = new Map<string, string>();
  await Promise.all([...asked].map(async ([layer, codes]) => {
    const name = codeOf(layer);
    if (!name) throw new Refused('feature.unknown', `features of ${layer} have no codes`);
    const condition = `"${name}" IN (${codes.map((code) => `'${code.replaceAll("'", "''")}'`).join(',')})`;
    const { features: here } = await findFeatures(layer, condition, date, codes.length, language);
    for (const { id, properties } of here) known.set(`${layer}/${String(properties[name])}`, String(id));
  }));
  const idOf = (one: (typeof features)[number]): string | undefined => ('code' in one ? known.get(`${one.layer}/${one.code}`) : String(one.id));
  return {
    found: features.flatMap((one) => { const id = idOf(one); return id === undefined ? [] : [{ layer: one.layer, id }]; }),
    missing: features.flatMap((one) => ('code' in one && idOf(one) === undefined ? [{ layer: one.layer, code: one.code }] : [])),
  };
}
