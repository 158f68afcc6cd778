/** Classes of numbers, for maps that colour them. */
import { MOST_CLASSES, rampColors } from './palette';

export { MOST_CLASSES };

export const METHODS = ['quantile', 'equal', 'jenks', 'manual'] as const;
export type Method = (typeof METHODS)[number];

/** Natural breaks: values in so many groups, each as like as can be (Ckmeans). */
export type Cluster = (values: number[], groups: number) => number[][];

/** The colours of so many classes; on a dark ground the greatest is the lightest. */
export const rampOf = (classes: number, isDark: boolean): string[] => rampColors('YlGnBu', classes, isDark);

/**
 * Where classes begin, from the second on, ascending: a class holds its beginning and not the next. Fewer where there are too few
 * different values; `manual` takes what was given, and nothing else.
 */
export function breaksOf(values: number[], method: Method, classes: number, manual: number[], cluster: Cluster): number[] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const [least] = sorted;
  const greatest = sorted.at(-1);
  const ascending = (breaks: number[]): number[] => [...new Set(breaks)].sort((a, b) => a - b);
  if (method === 'manual') return ascending(manual.filter(Number.isFinite)).slice(0, MOST_CLASSES - 1);
  if (least === undefined || greatest === undefined || least === greatest) return [];
  const steps = Array.from({ length: classes - 1 }, (_, at) => at + 1);
  const begun = (): number[] => {
    switch (method) {
      case 'equal': return steps.map((step) => least + ((greatest - least) * step) / classes);
      case 'quantile': return steps.map((step) => sorted[Math.ceil((sorted.length * step) / classes)] ?? greatest);
      case 'jenks': return cluster(sorted, Math.min(classes, new Set(sorted).size)).flatMap(([first]) => first ?? []);
    }
  };
  return ascending(begun().filter((value) => value > least));
}

/** The class of a value, from 0. */
export const classOf = (value: number, breaks: number[]): number => breaks.filter((begin) => begin <= value).length;

/** How many values each class has. */
export function countsOf(values: number[], breaks: number[]): number[] {
  const counts = Array.from({ length: breaks.length + 1 }, () => 0);
  for (const value of values) counts[classOf(value, breaks)] = (counts[classOf(value, breaks)] ?? 0) + 1;
  return counts;
}

/** Breaks as somebody wrote them, apart by spaces or commas; `null` where one is no number. */
export function readBreaks(text: string): number[] | null {
  const parts = text.split(/[\s,，;；]+/u).filter((part) => part !== '');
  const numbers = parts.map(Number);
  return numbers.every(Number.isFinite) ? numbers : null;
}
