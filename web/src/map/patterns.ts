const SIDE = 8;

/** `hatch-<#rrggbb>-<#rrggbb>`, lines and ground, as styles name the pattern of what has no value. */
export function parseHatch(name: string): { ink: string; ground: string } | null {
  const found = /^hatch-(#[0-9a-fA-F]{6})-(#[0-9a-fA-F]{6})$/.exec(name);
  return found ? { ink: found[1] as string, ground: found[2] as string } : null;
}

/** What areas are drawn with that have no class: lines where nothing is known, dots where it is not told. */
export function drawPattern(kind: 'hatch' | 'dots', ink: string, ground: string, ratio: number): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE * ratio;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser gives no 2d canvas');
  context.scale(ratio, ratio);
  context.fillStyle = ground;
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = context.fillStyle = ink;
  context.beginPath();
  if (kind === 'hatch') for (const at of [-SIDE, 0, SIDE]) { context.moveTo(at, SIDE); context.lineTo(at + SIDE, 0); }
  else context.arc(SIDE / 2, SIDE / 2, 1.3, 0, 2 * Math.PI);
  if (kind === 'hatch') context.stroke();
  else context.fill();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
