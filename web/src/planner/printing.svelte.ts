import { ask, asProblem, type Problem } from '../api/client';
import { keep } from '../api/exports';
import { CSS_DPI, DPI, mapSize, MM_OF_PIXEL, type Orientation, type Paper, type Part, roundScale, SCALE, scaleOf, type SheetAsked, sheetQuery, sizeOf, stateFor, wholeScale, zoomOf } from '../domain/paper';
import { LINKED_MOST } from '../domain/permalink';
import { printWords } from '../i18n/print';
import type { Planner } from './state.svelte';

export type ScaleChoice = 'fit' | 'screen' | 'own' | number;
export type Format = 'pdf' | 'png';
/** What is being made: the server's file, or the map in full for the browser. */
export type Making = { is: 'file'; format: Format; seconds: number } | { is: 'page'; address: string };

const SECOND_MS = 1000;
const KEPT_MS = 60_000;

/** A sheet in the making: how it is to be, and what it is asked as. Loaded when somebody prints; changes nothing of the map. */
export class Printing {
  paper = $state<Paper>('A4');
  orientation = $state<Orientation>('landscape');
  choice = $state<ScaleChoice>('fit');
  /** What was typed behind 1:. */
  typed = $state('10000');
  title = $state('');
  /** `null`: the account is named. */
  author = $state<string | null>(null);
  left = $state<Part[]>([]);
  dpi = $state<number>(DPI.usual);
  making = $state.raw<Making | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Why the page that the browser is to print cannot be drawn. */
  refusal = $state('');
  done = $state('');
  /** Zoom and latitude of the middle while the map moves, and its size in pixels. */
  camera = $state.raw({ zoom: 0, lat: 0, width: 1, height: 1 });
  private asked: AbortController | null = null;

  constructor(private readonly planner: Planner) {}

  words = $derived.by(() => printWords(this.planner.language));
  size = $derived(sizeOf(this.paper, this.orientation));
  /** The map on the sheet, in pixels of style sheets. */
  private drawn = $derived.by(() => {
    const { width, height } = mapSize(this.paper, this.orientation);
    return { width: Math.floor(width / MM_OF_PIXEL), height: Math.floor(height / MM_OF_PIXEL) };
  });
  screenScale = $derived.by(() => wholeScale(scaleOf(this.camera.zoom, this.camera.lat)));
  /** The round scale of which the whole sheet is in view, and as much of the view on it as can be. */
  fitScale = $derived.by(() => roundScale(scaleOf(this.camera.zoom, this.camera.lat) * Math.min(this.camera.width / this.drawn.width, this.camera.height / this.drawn.height)));
  /** The number behind 1: that was typed; `null` where it is none. */
  ownScale = $derived.by((): number | null => {
    const number = Number(this.typed.replace(/[\s,，]/g, ''));
    return Number.isInteger(number) && number >= SCALE.least && number <= SCALE.most ? number : null;
  });
  scale = $derived.by((): number | null => (this.choice === 'fit' ? this.fitScale : this.choice === 'screen' ? this.screenScale : this.choice === 'own' ? this.ownScale : this.choice));
  /** What the sheet holds, in pixels of the screen. */
  frame = $derived.by(() => {
    const scale = this.scale ?? this.fitScale;
    const factor = 2 ** (this.camera.zoom - zoomOf(scale, this.camera.lat));
    return { width: this.drawn.width * factor, height: this.drawn.height * factor };
  });
  isOutside = $derived.by(() => this.frame.width > this.camera.width + 1 || this.frame.height > this.camera.height + 1);
  /** Layers whose style has no room in an address. */
  onlyHere = $derived.by(() => {
    const { layers, styling: { linked }, language } = this.planner;
    return layers.filter(({ id }) => linked[id] === 'kept').map(({ title }) => title[language]);
  });
  isSelectionLeft = $derived.by(() => this.planner.selection.count > LINKED_MOST);

  private sheet(dpi: number): SheetAsked {
    const { paper, orientation, scale, left, author } = this;
    return { paper, orientation, dpi, scale, title: this.title.trim() || null, language: this.planner.language, left, author: author === null ? null : author.trim() };
  }

  private get state(): string {
    return stateFor(this.planner.link(), this.sheet(this.dpi));
  }

  /** The page that draws the sheet. */
  pageAddress(dpi: number): string {
    return `/print.html?${sheetQuery(this.sheet(dpi)).toString()}#${this.state}`;
  }

  /** What the server makes a file of. */
  fileAddress(format: Format): string {
    const asked = sheetQuery(this.sheet(this.dpi));
    asked.set('format', format);
    asked.set('state', this.state);
    return `/print?${asked.toString()}`;
  }

  /** Shows the whole frame on the map. */
  show(): void {
    const { engine, view } = this.planner;
    if (!engine || !view) return;
    const { width, height } = this.frame;
    const factor = Math.max(width / this.camera.width, height / this.camera.height);
    engine.go([view.lon, view.lat], this.camera.zoom - Math.log2(factor) - 0.1);
  }

  /** Has the server make a file, and the browser keep it. */
  async fetch(format: Format): Promise<void> {
    if (this.scale === null) return;
    this.begin();
    const asked = new AbortController();
    this.asked = asked;
    const began = Date.now();
    const tell = (): void => { this.making = { is: 'file', format, seconds: Math.round((Date.now() - began) / SECOND_MS) }; };
    tell();
    const timer = setInterval(tell, SECOND_MS);
    try {
      const file = await ask<Blob>(this.fileAddress(format), this.planner.language, { as: 'blob', signal: asked.signal });
      const name = `${this.title.trim().replace(/[\\/:*?"<>|]/g, '_') || 'platbook'}_${this.paper}_${this.scale}.${format}`;
      const address = URL.createObjectURL(file);
      keep(address, name);
      setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
      this.end(this.words.composerDone(name));
    } catch (error) {
      if (asked.signal.aborted) this.end(this.words.composerCancelled);
      else { this.problem = asProblem(error); this.end(''); }
    } finally {
      clearInterval(timer);
    }
  }

  /** Draws the sheet in full beside this page; `printed` is told when it can be printed. */
  print(): void {
    if (this.scale === null) return;
    this.begin();
    this.making = { is: 'page', address: this.pageAddress(this.dpi) };
  }

  cancel(): void {
    this.asked?.abort();
    if (this.making?.is === 'page') this.end(this.words.composerCancelled);
  }

  end(said: string): void {
    this.making = null;
    this.asked = null;
    this.done = said;
    if (said) this.planner.say(said);
  }

  /** The page said why it cannot be drawn. */
  refuse(why: string): void {
    this.end('');
    this.refusal = why;
  }

  private begin(): void {
    this.asked?.abort();
    this.problem = null;
    this.refusal = this.done = '';
  }
}

/** Dots of an inch among which one chooses. */
export const RESOLUTIONS = [CSS_DPI, DPI.usual, DPI.most];
/** Scales that are usual on maps of cities. */
export const SCALES = [500, 1000, 2000, 5000, 10_000, 25_000, 50_000, 100_000, 250_000];
