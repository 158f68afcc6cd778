import { PlatbookMap } from './client/index.js';

const log = document.getElementById('log');
const say = (what, payload) => { log.prepend(`${what} ${JSON.stringify(payload)}\n`); };

const { map: url, hasTokens } = await (await fetch('settings')).json();
const token = async () => {
  const answer = await fetch('token');
  if (!answer.ok) throw new Error(await answer.text());
  return answer.text();
};
// `?theme=dark&language=zh` of this page go on to the map.
const asked = Object.fromEntries(new URLSearchParams(location.search));
const map = new PlatbookMap({ url, container: document.getElementById('map'), title: 'Map of the city', ...asked });
// For those who try things in the console.
window.platbook = map;

for (const type of ['ready', 'selectionChanged', 'viewChanged', 'tokenExpiring', 'error']) map.on(type, (payload) => say(type, payload));

const press = (id, act) => document.getElementById(id).addEventListener('click', () => act().then((answer) => say(id, answer), (error) => say(id, { code: error.code, message: error.message })));
press('town', () => map.setView({ lon: 112.8869, lat: 30.4219, zoom: 15 }));
press('plates', () => map.setLayers(['doorplate', 'road', 'township']));
press('damaged', () => map.setFilter('doorplate', "status = 'damaged'"));
press('all', () => map.setFilter('doorplate', null));
press('token', async () => map.setToken(await token()));
press('none', () => map.setToken(null));
document.getElementById('token').disabled = !hasTokens;
