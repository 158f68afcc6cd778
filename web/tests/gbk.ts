/** A text in GBK, which the platform reads and does not write: by asking it what every pair of bytes is. */
export function gbk(text: string): Uint8Array<ArrayBuffer> {
  const decoder = new TextDecoder('gb18030');
  const bytesOf = new Map<string, [number, number]>();
  for (let high = 0x81; high <= 0xfe; high += 1) for (let low = 0x40; low <= 0xfe; low += 1) if (low !== 0x7f) bytesOf.set(decoder.decode(Uint8Array.of(high, low)), [high, low]);
  return Uint8Array.from([...text].flatMap((sign) => (sign.charCodeAt(0) < 0x80 ? [sign.charCodeAt(0)] : [...(bytesOf.get(sign) ?? [0x3f])])));
}
