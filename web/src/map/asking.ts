import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';
import { TerraDraw, TerraDrawCircleMode, TerraDrawLineStringMode, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawRectangleMode } from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import { OVERLAY } from '../domain/style';

const COLOR = '#c2185b';
const HALO = '#ffffff';
const SOURCE = `${OVERLAY}asked`;

export type Tool = 'polygon' | 'rectangle' | 'circle' | 'linestring' | 'point';

export interface AskingEvents {
  /** What is being drawn, while it is. */
  drawing(geometry: GeoJSON.Geometry): void;
  drawn(geometry: GeoJSON.Geometry): void;
}

/** Draws what is asked about, and shows it over the map. Loaded when somebody asks. */
export class AskingTool {
  private readonly tool: TerraDraw;
  private current: string | number | null = null;

  constructor(private readonly map: MapLibre, private readonly events: AskingEvents) {
    const areas = { fillColor: COLOR, fillOpacity: 0.1, outlineColor: COLOR, outlineWidth: 2 } as const;
    this.tool = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: `${OVERLAY}ask`, coordinatePrecision: 7 }),
      modes: [
        new TerraDrawPointMode({ styles: { pointColor: COLOR, pointWidth: 6, pointOutlineColor: HALO, pointOutlineWidth: 2 } }),
        new TerraDrawLineStringMode({ styles: { lineStringColor: COLOR, lineStringWidth: 3, closingPointColor: COLOR } }),
        new TerraDrawPolygonMode({ styles: { ...areas, closingPointColor: COLOR } }),
        new TerraDrawRectangleMode({ styles: areas }),
        new TerraDrawCircleMode({ styles: areas, projection: 'web-mercator', segments: 64 }),
      ],
    });
    this.tool.on('change', (ids, type) => {
      if (type !== 'create' && type !== 'update') return;
      // Beside what is drawn the tool has points of its own: where it may be closed.
      const shape = this.tool.getSnapshot().find(({ geometry, id }) => id !== undefined && ids.includes(id) && geometry.type !== 'Point');
      if (shape) this.events.drawing(structuredClone(shape.geometry) as GeoJSON.Geometry);
    });
    this.tool.on('finish', (id, { action }) => { if (action === 'draw') this.finish(id); });
  }

  begin(tool: Tool): void {
    if (!this.tool.enabled) this.tool.start();
    this.tool.clear();
    this.tool.setMode(tool);
    this.map.getCanvas().focus();
  }

  /** Puts the tool away, with what was not finished. */
  rest(): void {
    if (this.tool.enabled) { this.tool.clear(); this.tool.stop(); }
    this.current = null;
  }

  /** What is asked about: the area, the lines to what was found, the place. */
  show(geometries: GeoJSON.Geometry[]): void {
    const data: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: geometries.map((geometry) => ({ type: 'Feature', properties: {}, geometry })) };
    const source = this.map.getSource<GeoJSONSource>(SOURCE);
    if (source) { source.setData(data); return; }
    if (geometries.length === 0) return;
    this.map.addSource(SOURCE, { type: 'geojson', data });
    this.map.addLayer({ id: `${SOURCE}-area`, type: 'fill', source: SOURCE, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': COLOR, 'fill-opacity': 0.1 } });
    this.map.addLayer({ id: `${SOURCE}-line`, type: 'line', source: SOURCE, filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': COLOR, 'line-width': 2 } });
    this.map.addLayer({ id: `${SOURCE}-point`, type: 'circle', source: SOURCE, filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-color': COLOR, 'circle-radius': 6, 'circle-stroke-color': HALO, 'circle-stroke-width': 2 } });
  }

  remove(): void {
    this.rest();
    this.show([]);
  }

  private finish(id: string | number): void {
    const shape = this.tool.getSnapshotFeature(id)?.geometry as GeoJSON.Geometry | undefined;
    if (!shape || this.current === id) return;
    this.current = id;
    // The tool is still at work on what it just finished.
    queueMicrotask(() => { this.rest(); this.events.drawn(shape); });
  }
}
