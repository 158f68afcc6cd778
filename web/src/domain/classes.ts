/** Classes of numbers, for maps that colour them. */

export const METHODS = ['quantile', 'equal', 'jenks', 'manual'] as const;
export type Method = (typeof METHODS)[number];

/** Natural breaks: values in so many groups, each as like as can be (Ckmeans). */
export type Cluster = (values: number[], groups: number) => number[][];

/** Colours from the least to the greatest class, told apart by those who see colours otherwise (ColorBrewer YlGnBu, Apache-2.0). */
const YLGNBU: Record<number, string[]> = {
  1: ['#41b6c4'],
  2: ['#a1dab4', '#2c7fb8'],
  3: ['#edf8b1', '#7fcdbb', '#2c7fb8'],
  4: ['#ffffcc', '#a1dab4', '#41b6c4', '#225ea8'],
  5: ['#ffffcc', '#a1dab4', '#41b6c4', '#2c7fb8', '#253494'],
  6: ['#ffffcc', '#c7e9b4', '#7fcdbb', '#41b6c4', '#2c7fb8', '#253494'],
  7: ['#ffffcc', '#c7e9b4', '#7fcdbb', '#41b6c4', '#1d91c0', '#225ea8', '#0c2c84'],
};
export const MOST_CLASSES = 7;

/** The colours of so many classes; on a dark ground the greatest is the lightest. */
export function rampOf(classes: number, isDark: boolean): string[] {
  const colors = YLGNBU[Math.min(Math.max(classes, 1), MOST_CLASSES)] ?? [];
  return isDark ? [...colors].reverse() : colors;
}

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
