import type { Marker } from '../api/types';
import { luminance } from '../domain/palette';

const SIDE = 24;
/** From here on a colour is one for the dark map, or has to be told from a light one: its edge is dark. */
const LIGHT = 0.38;

/** `marker-<shape>-<#rrggbb>`, as the styles name their images. */
export function parseMarker(name: string): { shape: Marker; color: string } | null {
  const found = /^marker-(circle|square|triangle|diamond|star|cross)-(#[0-9a-fA-F]{6})$/.exec(name);
  return found ? { shape: found[1] as Marker, color: found[2] as string } : null;
}

/** Corners in a box of side 24; a circle has none. */
export function markerCorners(shape: Marker): [number, number][] {
  const mid = SIDE / 2;
  switch (shape) {
    case 'square': return [[4, 4], [20, 4], [20, 20], [4, 20]];
    case 'triangle': return [[12, 3], [22, 20], [2, 20]];
    case 'diamond': return [[12, 2], [22, 12], [12, 22], [2, 12]];
    case 'cross': return [[9, 3], [15, 3], [15, 9], [21, 9], [21, 15], [15, 15], [15, 21], [9, 21], [9, 15], [3, 15], [3, 9], [9, 9]];
    case 'star':
      return Array.from({ length: 10 }, (_, at): [number, number] => {
        const radius = at % 2 === 0 ? 11 : 4.6;
        const angle = (Math.PI * at) / 5 - Math.PI / 2;
        return [mid + radius * Math.cos(angle), mid + radius * Math.sin(angle)];
      });
    case 'circle': return [];
  }
}

export function drawMarker(shape: Marker, color: string, ratio: number): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE * ratio;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser gives no 2d canvas');
  context.scale(ratio, ratio);
  context.beginPath();
  const corners = markerCorners(shape);
  if (corners.length === 0) context.arc(SIDE / 2, SIDE / 2, 9, 0, 2 * Math.PI);
  for (const [x, y] of corners) context.lineTo(x, y);
  context.closePath();
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = luminance(color) > LIGHT ? '#161b22' : '#ffffff';
  context.stroke();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
