import { readFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

it('the types of the API are those of its description; `make api` writes them anew', async () => {
  const description = new URL('../openapi.json', import.meta.url);
  const written = await readFile(new URL('../src/generated/openapi.d.ts', import.meta.url), 'utf8');
  expect(written.endsWith(astToString(await openapiTS(description)))).toBe(true);
}, 30_000);
