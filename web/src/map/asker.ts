import type { RequestParameters } from 'maplibre-gl';
import { credentialsOf, door } from '../api/client';

/** Requests of the map go to this server alone, by whoever asks. MapLibre's types leave out `omit`, which `fetch` knows. */
export function asWhoAsks(url: string): RequestParameters {
  const { headers, credentials } = credentialsOf(door.bearer);
  return url.startsWith(location.origin) ? { url, headers, credentials: credentials as 'same-origin' } : { url };
}
