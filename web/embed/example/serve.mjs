// A small site that shows the map: it serves this folder and the built client, and makes view tokens for its visitors.
//   PLATBOOK_URL=http://127.0.0.1:7171 PLATBOOK_TOKEN=pbk_… PORT=8090 node serve.mjs
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const map = process.env.PLATBOOK_URL ?? 'http://127.0.0.1:7171';
const port = Number(process.env.PORT ?? 8090);
const here = new URL('./', import.meta.url);
const files = { '/': ['index.html', 'text/html; charset=utf-8'], '/site.js': ['site.js', 'text/javascript'], '/client/index.js': ['../dist/index.js', 'text/javascript'], '/client/protocol.js': ['../dist/protocol.js', 'text/javascript'] };

/** What every visitor of this site may see, for a quarter of an hour. The application token stays here. */
async function viewToken() {
  const wanted = { layers: ['township', 'village', 'road', 'doorplate', 'base-station'], minutes: 15 };
  const answer = await fetch(`${map}/view-tokens`, { method: 'POST', headers: { Authorization: `Bearer ${process.env.PLATBOOK_TOKEN}`, 'Content-Type': 'application/json' }, body: JSON.stringify(wanted) });
  if (!answer.ok) throw new Error(`view-tokens: ${answer.status}`);
  return (await answer.json()).token;
}

createServer(async ({ url = '/' }, response) => {
  const { pathname } = new URL(url, here);
  const send = (status, type, body) => response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
  try {
    if (pathname === '/settings') return send(200, 'application/json', JSON.stringify({ map, hasTokens: Boolean(process.env.PLATBOOK_TOKEN) }));
    if (pathname === '/token') return send(200, 'text/plain', await viewToken());
    const [file, type] = files[pathname] ?? [];
    return file ? send(200, type, await readFile(new URL(file, here))) : send(404, 'text/plain', 'not here');
  } catch (error) {
    return send(502, 'text/plain', String(error));
  }
}).listen(port, '127.0.0.1', function listening() {
  console.log(`http://127.0.0.1:${this.address().port}/ shows the map of ${map}`);
});
