import type { Scalar } from '../api/types';
import { boxAround, extentOf } from '../domain/pieces';
import { readLocal } from '../local/read';
import { LocalFault, type LocalRecord, MOST_FEATURES, type Source } from '../local/source';
import { geometryIn, guessed, guessedOf, isOnEarth, type System } from '../local/systems';
import { placedBy, positionColumns } from '../local/tables';
import { localWords } from '../i18n/local';
import { drawLocal, eraseLocal, localsAt, markLocal } from '../map/local';
import type { Planner } from './state.svelte';

/** Told apart with any colour vision, and from the layers of the house (Okabe and Ito). */
const COLORS = ['#d55e00', '#cc79a7', '#0072b2', '#009e73', '#e69f00'];
const MARK = '#c2185b';

/** A file that is shown: what it holds, what its coordinates are said to be of, and what of it can be drawn. */
export interface LocalLayer {
  id: string;
  name: string;
  file: File;
  source: Source;
  system: System;
  columns: { x: string; y: string };
  /** Every record, with its geometry as the map has it. */
  records: LocalRecord[];
  drawn: number;
  isShown: boolean;
  color: string;
}
export interface LocalCard { layer: LocalLayer; at: number }

/** Files that are shown and stay in the browser: nothing of them is sent before it is submitted as an import. */
export class Locals {
  layers = $state.raw<LocalLayer[]>([]);
  card = $state.raw<LocalCard | null>(null);
  isReading = $state(false);
  /** The file that could not be shown, and why. */
  fault = $state.raw<{ file: File; fault: LocalFault } | null>(null);
  private next = 0;

  constructor(private readonly planner: Planner) {}

  private get words() { return localWords[this.planner.language]; }

  async add(file: File): Promise<void> {
    this.isReading = true;
    this.fault = null;
    try {
      const source = await readLocal(file);
      const columns = positionColumns(source.columns);
      const color = COLORS[this.next % COLORS.length] ?? MARK;
      this.next += 1;
      const layer = placed({ id: `f${this.next}`, name: file.name, file, source, columns, system: systemOf(source, columns), isShown: true, color });
      this.layers = [layer, ...this.layers];
      this.draw(layer);
      this.zoomTo(layer);
      this.planner.say(this.words.shown(file.name, layer.drawn));
    } catch (error) {
      this.fault = { file, fault: error instanceof LocalFault ? error : new LocalFault('damaged', error instanceof Error ? error.message : String(error)) };
    } finally {
      this.isReading = false;
    }
  }

  /** Says what the coordinates are of, or in which columns they stand. */
  place(layer: LocalLayer, said: { system?: System; columns?: LocalLayer['columns'] }): void {
    const columns = said.columns ?? layer.columns;
    const next = placed({ ...layer, columns, system: said.system ?? (said.columns ? systemOf(layer.source, columns) : layer.system) });
    this.put(layer, next);
    this.draw(next);
    this.zoomTo(next);
  }

  toggle(layer: LocalLayer): void {
    const next = { ...layer, isShown: !layer.isShown };
    this.put(layer, next);
    this.draw(next);
  }

  remove(layer: LocalLayer): void {
    this.layers = this.layers.filter(({ id }) => id !== layer.id);
    if (this.card?.layer.id === layer.id) this.close();
    const map = this.planner.engine?.map;
    if (map) eraseLocal(map, layer.id);
  }

  /** Hands the file to the import, with what was said of its coordinates. */
  submit(layer: LocalLayer): void {
    this.planner.sheets.dialog = { is: 'import', file: layer.source.forImport, ...(layer.source.isDeclared ? {} : { system: layer.system }) };
  }

  zoomTo(layer: LocalLayer): void {
    const box = boxAround(layer.records.flatMap(({ geometry }) => (geometry ? [extentOf(geometry)] : [])));
    if (box) this.planner.engine?.fit(box, this.planner.sheets.covered);
  }

  /** A click: what of a file lies there is opened. */
  takes(point: { x: number; y: number }): boolean {
    const map = this.planner.engine?.map;
    const [hit] = map && this.layers.length > 0 ? localsAt(map, point) : [];
    const layer = hit && this.layers.find(({ id }) => id === hit.id);
    if (!layer) { this.close(); return false; }
    this.open(layer, hit.at);
    return true;
  }

  open(layer: LocalLayer, at: number): void {
    this.planner.closeCard();
    this.card = { layer, at };
    this.mark(layer.records[at]?.geometry ?? null);
    this.planner.say(this.planner.words.opened(titleOfRecord(layer, at)));
  }

  /** Opens a record of a list, and goes there. */
  goTo(layer: LocalLayer, at: number): void {
    this.open(layer, at);
    const geometry = layer.records[at]?.geometry;
    if (geometry) this.planner.engine?.fit(extentOf(geometry), this.planner.sheets.covered);
  }

  close(): void {
    if (this.card === null) return;
    this.card = null;
    this.mark(null);
  }

  private mark(geometry: GeoJSON.Geometry | null): void {
    const map = this.planner.engine?.map;
    if (map) markLocal(map, geometry && { type: 'Feature', geometry, properties: {} }, MARK);
  }

  private put(layer: LocalLayer, next: LocalLayer): void {
    this.layers = this.layers.map((one) => (one.id === layer.id ? next : one));
    if (this.card?.layer.id === layer.id) this.close();
  }

  private draw({ id, color, records, isShown }: LocalLayer): void {
    const { engine } = this.planner;
    if (!engine) return;
    const features = isShown ? records.flatMap(({ geometry }, at): GeoJSON.Feature[] => (geometry ? [{ type: 'Feature', geometry, properties: { at } }] : [])) : [];
    void engine.ready.then(() => drawLocal(engine.map, { id, color, features }));
  }
}

type Unplaced = Omit<LocalLayer, 'records' | 'drawn'>;

function placed(layer: Unplaced): LocalLayer {
  const { source, columns, system } = layer;
  const records = (source.isTable ? source.records.map((record) => placedBy(record, columns)) : source.records).map((record): LocalRecord => {
    const geometry = record.geometry && geometryIn(record.geometry, system);
    return { ...record, geometry: geometry && isOnEarth(geometry) ? geometry : null };
  });
  return { ...layer, records, drawn: records.filter(({ geometry }) => geometry !== null).length };
}

function systemOf(source: Source, columns: { x: string; y: string }): System {
  if (!source.isTable) return source.isDeclared ? 'EPSG:4490' : guessedOf(source.records);
  const first = source.records.map((record) => placedBy(record, columns)).find(({ geometry }) => geometry !== null);
  const [x, y] = first?.geometry?.type === 'Point' ? first.geometry.coordinates : [];
  return x === undefined || y === undefined ? 'EPSG:4490' : guessed(x, y);
}

/** What a record is called: the first of its texts that is a name, else the first there is. */
export function titleOfRecord({ records, source }: LocalLayer, at: number): string {
  const properties = records[at]?.properties ?? {};
  const said = (name: string): Scalar => properties[name] ?? null;
  const named = source.columns.find((name) => /name|title|^address$|地址|名称|标题|^名$/i.test(name) && said(name) !== null);
  const first = named ?? source.columns.find((name) => said(name) !== null);
  return first === undefined ? `#${at + 1}` : String(said(first));
}

export const isCut = ({ source }: LocalLayer): boolean => source.count > MOST_FEATURES;
