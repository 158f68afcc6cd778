// First load in brotli: what index.html asks for, what those scripts import statically, and the map's worker.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const BUDGET_KB = 480;
const dist = new URL('../dist/', import.meta.url).pathname;
const assets = join(dist, 'assets');
if (!existsSync(assets)) throw new Error('no dist/assets: run `npm run build` first');

const files = readdirSync(assets);
const text = (path) => readFileSync(join(dist, path), 'utf8');
const named = (path, pattern) => [...text(path).matchAll(pattern)].map((found) => `assets/${found[1]}`);
const first = new Set(['index.html', ...named('index.html', /assets\/([\w.-]+\.(?:js|css))/g), ...files.filter((name) => name.includes('worker')).map((name) => `assets/${name}`)]);
for (const path of first) {
  if (path.endsWith('.js')) for (const next of named(path, /(?:\bfrom|\bimport)\s*["']\.\/([\w.-]+\.js)["']/g)) first.add(next);
}
const kB = (bytes) => `${(bytes / 1000).toFixed(1).padStart(8)} kB`;
let total = 0;
for (const path of ['index.html', ...files.map((name) => `assets/${name}`)]) {
  const bytes = brotliCompressSync(readFileSync(join(dist, path))).length;
  if (first.has(path)) total += bytes;
  console.log(`${kB(bytes)}  ${path} (${(statSync(join(dist, path)).size / 1000).toFixed(0)} kB raw)${first.has(path) ? '' : ', later'}`);
}
const fonts = files.filter((name) => /\.(woff2?|ttf|otf|pbf)$/.test(name));
if (fonts.length > 0) throw new Error(`no font belongs in the bundle: ${fonts.join(', ')}`);
console.log(`${kB(total)}  first load, of ${BUDGET_KB} kB`);
if (total > BUDGET_KB * 1000) process.exit(1);
