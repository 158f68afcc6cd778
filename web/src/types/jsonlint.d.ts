/** JSON that remembers lines: each object has an unlisted `__line__`, from one on. */
declare module '@mapbox/jsonlint-lines-primitives' {
  export function parse(text: string): unknown;
}
