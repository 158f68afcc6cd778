import type { Map as MapLibre } from 'maplibre-gl';
import { TerraDraw, TerraDrawLineStringMode, type TerraDrawMouseEvent, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawSelectMode } from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import type { Layer } from '../api/types';
import { assemble, pieces, type Shape } from '../domain/pieces';
import { OVERLAY } from '../domain/style';

const MODE = { Point: 'point', LineString: 'linestring', Polygon: 'polygon' } as const;
const MODE_OF = { point: 'point', line: 'linestring', polygon: 'polygon' } as const;
const SNAP_PIXELS = 12;
const COLOR = '#0b57d0';
const HALO = '#ffffff';

export interface DrawingEvents {
  /** The geometry in hand was changed, by a drag that may go on. */
  changed(geometry: GeoJSON.Geometry): void;
  /** A new geometry was drawn to its end. */
  drawn(geometry: GeoJSON.Geometry): void;
}

/** Draws and reshapes one geometry. Loaded only when somebody edits. */
export class Drawing {
  private readonly tool: TerraDraw;
  private like: GeoJSON.Geometry | null = null;
  private ids: (string | number)[] = [];
  private nearby: number[][] = [];

  constructor(private readonly map: MapLibre, private readonly events: DrawingEvents) {
    const snapping = { toCoordinate: true, toCustom: (event: TerraDrawMouseEvent) => this.snapped(event) };
    const coordinates = { midpoints: true, draggable: true, deletable: true, snappable: snapping };
    const areas = { fillColor: COLOR, fillOpacity: 0.12, outlineColor: COLOR, outlineWidth: 2, closingPointColor: COLOR } as const;
    this.tool = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: `${OVERLAY}draw`, coordinatePrecision: 7 }),
      modes: [
        new TerraDrawPointMode({ styles: { pointColor: COLOR, pointWidth: 7, pointOutlineColor: HALO, pointOutlineWidth: 2 } }),
        new TerraDrawLineStringMode({ snapping, styles: { lineStringColor: COLOR, lineStringWidth: 3 } }),
        new TerraDrawPolygonMode({ snapping, styles: areas }),
        new TerraDrawSelectMode({
          allowManualDeselection: false,
          // Keys belong to the page: a geometry is deleted by its feature, never by a slip.
          keyEvents: null,
          flags: { point: { feature: { draggable: true } }, linestring: { feature: { coordinates } }, polygon: { feature: { coordinates } } },
          styles: {
            selectedPointColor: COLOR, selectedPointWidth: 8, selectedPointOutlineColor: HALO, selectedPointOutlineWidth: 3,
            selectedLineStringColor: COLOR, selectedLineStringWidth: 3, selectedPolygonColor: COLOR, selectedPolygonFillOpacity: 0.12, selectedPolygonOutlineColor: COLOR, selectedPolygonOutlineWidth: 2,
            selectionPointColor: HALO, selectionPointOutlineColor: COLOR, selectionPointOutlineWidth: 2, selectionPointWidth: 5,
            midPointColor: COLOR, midPointOutlineColor: HALO, midPointWidth: 3, midPointOutlineWidth: 1,
          },
        }),
      ],
    });
    this.tool.start();
    this.tool.setMode('select');
    this.tool.on('change', (ids, type) => {
      const like = this.like;
      if (type === 'update' && like && ids.some((id) => this.ids.includes(id))) this.events.changed(assemble(like, this.shapes()));
    });
    this.tool.on('finish', (id, { action }) => { if (action === 'draw') this.finish(id); });
  }

  /** Takes a geometry in hand. */
  show(geometry: GeoJSON.Geometry): void {
    this.clear();
    this.like = geometry;
    const features = pieces(geometry).map((shape) => ({ type: 'Feature' as const, id: this.tool.getFeatureId(), geometry: shape, properties: { mode: MODE[shape.type] } }));
    this.tool.addFeatures(features);
    this.ids = features.map(({ id }) => id);
    const [first] = this.ids;
    if (first !== undefined && this.tool.hasFeature(first)) this.tool.selectFeature(first);
  }

  /** Begins a new geometry. */
  begin(kind: Layer['geometry']): void {
    this.clear();
    this.tool.setMode(MODE_OF[kind]);
  }

  /** Positions of other features that vertices snap to. */
  snapTo(positions: number[][]): void {
    this.nearby = positions;
  }

  clear(): void {
    this.like = null;
    this.ids = [];
    this.tool.clear();
    this.tool.setMode('select');
  }

  stop(): void {
    this.tool.stop();
  }

  private finish(id: string | number): void {
    const shape = this.tool.getSnapshotFeature(id)?.geometry as Shape | undefined;
    if (!shape) return;
    // The tool is still at work on what it just finished.
    queueMicrotask(() => { this.events.drawn(shape); });
  }

  private shapes(): Shape[] {
    return this.ids.flatMap((id) => (this.tool.getSnapshotFeature(id)?.geometry as Shape | undefined) ?? []);
  }

  private snapped({ containerX, containerY }: TerraDrawMouseEvent): number[] | undefined {
    let best: number[] | undefined;
    let least = SNAP_PIXELS;
    for (const position of this.nearby) {
      const [lon = 0, lat = 0] = position;
      const { x, y } = this.map.project([lon, lat]);
      const far = Math.hypot(x - containerX, y - containerY);
      if (far < least) { least = far; best = position; }
    }
    return best;
  }
}
