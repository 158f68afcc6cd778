/** A text, and the encoding it was in. UTF-8 that holds is UTF-8; what does not is Chinese of GB18030, which has GBK and GB 2312 in it. */
export function decoded(bytes: Uint8Array): { text: string; encoding: string } {
  const marks: [string, number[]][] = [['UTF-16LE', [0xff, 0xfe]], ['UTF-16BE', [0xfe, 0xff]]];
  for (const [encoding, mark] of marks) if (mark.every((byte, at) => bytes[at] === byte)) return { text: new TextDecoder(encoding).decode(bytes), encoding };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'UTF-8' };
  } catch {
    return { text: new TextDecoder('gb18030').decode(bytes), encoding: 'gb18030' };
  }
}
