// First load in brotli: everything index.html asks for, and what those scripts import statically, plus the map's worker.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const BUDGET_KB = 480;
const dist = new URL('../dist/', import.meta.url).pathname;
const assets = join(dist, 'assets');
if (!existsSync(assets)) throw new Error('no dist/assets: run `npm run build` first');

const files = readdirSync(assets);
let total = 0;
for (const file of ['index.html', ...files.map((name) => `assets/${name}`)]) {
  const path = join(dist, file);
  const bytes = brotliCompressSync(readFileSync(path)).length;
  total += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  ${file} (${(statSync(path).size / 1000).toFixed(0)} kB raw)`);
}
const fonts = files.filter((name) => /\.(woff2?|ttf|otf|pbf)$/.test(name));
if (fonts.length > 0) throw new Error(`no font belongs in the bundle: ${fonts.join(', ')}`);
console.log(`${(total / 1000).toFixed(1).padStart(8)} kB  first load, of ${BUDGET_KB} kB`);
if (total > BUDGET_KB * 1000) process.exit(1);
