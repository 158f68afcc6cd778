import { ckmeans } from 'simple-statistics';
import { asProblem } from '../api/client';
import { aggregate, aggregateTiles, readAreas } from '../api/asking';
import type { Box, Catalogue, Feature, Layer } from '../api/types';
import { breaksOf, countsOf, rampOf } from '../domain/classes';
import { outlinePaths } from '../domain/overview';
import { MAP_HEIGHT, PICTURE_WIDTH } from '../domain/picture';
import { extentOf } from '../domain/pieces';
import { type Chosen, drawnOf, type Level, type Row, rowsOf } from '../domain/statistics';
import type { Painting } from '../map/choropleth';
import type { Engine } from '../map/engine';
import type { Language } from '../i18n/dictionary';
import type { Loading } from './state.svelte';

/** What areas are drawn with beside their colours. */
export const inks = (isDark: boolean) => (isDark ? { ink: '#7a8492', ground: '#1c222b', text: '#e6eaf0' } : { ink: '#868e99', ground: '#ffffff', text: '#1c2430' });

/** What was answered: the areas, what is told of each, and of what lies in none. */
export interface Answer { areas: Feature[]; rows: Row[]; outside: number; total: number }

/** What statistics need of whoever shows them: the planner, or a sheet of paper. */
export interface Teller {
  chosen: Chosen | null;
  readonly layers: Layer[];
  readonly language: Language;
  readonly isDark: boolean;
  readonly filters: { of(layer: string): string | null };
  readonly past: { readonly date: string | null };
  readonly engine: Engine | null;
  readonly sheets: { readonly covered: number; readonly isPanelShown: boolean; readonly panel: string | null };
  readonly catalogue: Loading<Catalogue>;
}

/** A layer told by divisions: the same rows for map, outline, bars, table and files. Loaded when somebody asks. */
export class Statistics {
  answer = $state.raw<Loading<Answer>>({ is: 'waiting' });
  isAsking = $state(false);
  hovered = $state<string | null>(null);
  picked = $state<string | null>(null);
  /** What is asked; the last, while it is being put away. */
  chosen = $derived.by((): Chosen => this.planner.chosen ?? this.first);
  layer = $derived.by((): Layer | null => this.planner.layers.find(({ id }) => id === this.chosen.layer) ?? null);
  rows = $derived(this.answer.is === 'here' ? this.answer.value.rows : []);
  areas = $derived(this.answer.is === 'here' ? this.answer.value.areas : []);
  private values = $derived.by(() => this.rows.flatMap(({ shown }) => shown ?? []));
  breaks = $derived(breaksOf(this.values, this.chosen.method, this.chosen.classes, this.chosen.breaks, ckmeans));
  counts = $derived(countsOf(this.values, this.breaks));
  colors = $derived.by(() => rampOf(this.breaks.length + 1, this.planner.isDark));
  /** The areas as paths of one picture. */
  outlines = $derived.by(() => {
    const { areas, rows } = this;
    if (areas.length === 0) return [];
    const boxes = areas.map(({ geometry }) => extentOf(geometry));
    const bounds: Box = [Math.min(...boxes.map(([west]) => west)), Math.min(...boxes.map(([, south]) => south)), Math.max(...boxes.map(([, , east]) => east)), Math.max(...boxes.map(([, , , north]) => north))];
    const byCode: Record<string, Row | undefined> = Object.fromEntries(rows.map((row) => [row.code, row]));
    return outlinePaths(areas, bounds, PICTURE_WIDTH, MAP_HEIGHT).map(({ path }, at) => {
      const code = String(areas[at]?.properties.code);
      return { code, path, row: byCode[code] };
    });
  });
  /** The area that the map draws at a point of the screen; whoever draws it says how it is found. */
  areaAt: (point: { x: number; y: number }) => string | null = () => null;
  private asked: AbortController | null = null;
  private readonly kept: Record<string, Promise<Feature[]>> = {};

  constructor(private readonly planner: Teller, private readonly first: Chosen) {}

  /** The properties that can be added up. */
  numbers = $derived.by(() => this.layer?.properties.filter(({ name, type }) => (type === 'integer' || type === 'number') && name !== this.layer?.priority) ?? []);

  /** What an area is filled with: a colour, or a pattern whose id begins with a prefix. */
  fillOf(row: Row | undefined, prefix: string): string {
    const drawn = row ? drawnOf(row, this.breaks) : { is: 'none' as const };
    return drawn.is === 'class' ? (this.colors[drawn.at] ?? 'none') : `url(#${prefix}-${drawn.is === 'hidden' ? 'dots' : 'hatch'})`;
  }

  change(next: Partial<Chosen>): void {
    this.planner.chosen = { ...this.chosen, ...next };
  }

  /** Goes to the villages of a township; a village is marked. */
  pick(code: string): void {
    const { by } = this.chosen;
    if (by === 'township') { this.into(code); return; }
    this.picked = this.picked === code ? null : code;
    const area = this.areas.find(({ properties }) => properties.code === this.picked);
    if (area) this.planner.engine?.fit(extentOf(area.geometry), this.planner.sheets.covered, 14);
  }

  into(township: string): void {
    const area = this.areas.find(({ properties }) => properties.code === township);
    if (area) this.planner.engine?.fit(extentOf(area.geometry), this.planner.sheets.covered);
    [this.picked, this.hovered] = [null, null];
    this.change({ by: 'village', within: township });
  }

  /** Back to the whole city, by a level. */
  out(by: Level): void {
    [this.picked, this.hovered] = [null, null];
    this.change({ by, within: null });
    const city = this.planner.catalogue;
    if (city.is === 'here') this.planner.engine?.fit(city.value.city.bounds, this.planner.sheets.covered);
  }

  /** What a click on the map does while the panel is open: it picks an area. */
  takes(point: { x: number; y: number }): boolean {
    const { sheets } = this.planner;
    const code = sheets.isPanelShown && sheets.panel === 'statistics' ? this.areaAt(point) : null;
    if (code !== null) this.pick(code);
    return code !== null;
  }

  async load(): Promise<void> {
    const { layer: id, by, within, value, measure, isPerKm2 } = this.chosen;
    const { language, filters, past } = this.planner;
    const question = { filter: filters.of(id), division: within, datetime: past.date };
    this.asked?.abort();
    const asked = new AbortController();
    this.asked = asked;
    this.isAsking = true;
    try {
      const key = `${by}/${within ?? ''}/${past.date ?? ''}`;
      const wanted = (this.kept[key] ??= readAreas(by, within, past.date, language));
      const [areas, { groups, numberMatched }] = await Promise.all([wanted.catch((error: unknown) => { delete this.kept[key]; throw error; }), aggregate(id, by, value, question, language, asked.signal)]);
      if (asked.signal.aborted) return;
      const hides = (this.layer?.smallest_count ?? 1) > 1;
      const outside = groups.find((group) => group.key === null)?.count ?? 0;
      this.answer = { is: 'here', value: { areas, rows: rowsOf(areas, groups, { measure, isPerKm2 }, hides), outside, total: numberMatched } };
    } catch (error) {
      if (!asked.signal.aborted) this.answer = { is: 'failed', problem: asProblem(error) };
    } finally {
      if (this.asked === asked) this.isAsking = false;
    }
  }

  /** What the map draws of it. */
  painting(): Painting | null {
    if (this.answer.is !== 'here') return null;
    const { by, layer } = this.chosen;
    const drawn = this.rows.map((row) => ({ code: row.code, how: drawnOf(row, this.breaks) }));
    const codes = (is: string, at?: number): string[] => drawn.filter(({ how }) => how.is === is && (how.is !== 'class' || how.at === at)).map(({ code }) => code);
    const dark = this.planner.isDark;
    return {
      // The areas alone are taken from the tiles; what colours them is what the other views show, too.
      tiles: aggregateTiles(layer, by, this.planner.past.date),
      codes: this.rows.map(({ code }) => code),
      colors: this.colors.map((color, at) => [color, codes('class', at)]),
      hatched: codes('none'), dotted: codes('hidden'),
      ...inks(dark), accent: dark ? '#ffd54a' : '#b3261e',
    };
  }

  stop(): void {
    this.asked?.abort();
  }
}
