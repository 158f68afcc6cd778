import { svelte } from '@sveltejs/vite-plugin-svelte';
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** The API's documentation page is served by the server; its viewer comes from the bundle, never from a CDN. */
function apiViewer(): Plugin {
  return {
    name: 'platbook-api-viewer',
    apply: 'build',
    closeBundle() {
      const from = dirname(require.resolve('swagger-ui-dist/package.json'));
      const to = join(here, 'dist/docs');
      mkdirSync(to, { recursive: true });
      for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE']) {
        copyFileSync(join(from, file), join(to, file === 'LICENSE' ? 'swagger-ui.LICENSE' : file));
      }
    },
  };
}

const server = process.env.PLATBOOK_URL ?? 'http://127.0.0.1:8080';
const routes = ['catalogue', 'styles', 'tiles', 'figures', 'search', 'at', 'query', 'collections', 'divisions', 'api', 'session', 'tokens', 'users', 'changes', 'changesets', 'compare', 'audit', 'views'];
// The host stays as the browser named it: the server makes the addresses of tiles from it.
// `/print` prints `/print.html`, which is a page of this bundle.
const proxy = Object.fromEntries([...routes.map((route) => `/${route}`), '^/print(\\?|$)'].map((path) => [path, { target: server }]));

/** Pages beside the planner: the same page under other names, of which `main.ts` makes another. Entries of their own would cut what all need into pieces that compress worse. */
function pages(): Plugin {
  const names = ['embed.html', 'print.html'];
  return {
    name: 'platbook-pages',
    apply: 'build',
    closeBundle() {
      for (const name of names) copyFileSync(join(here, 'dist/index.html'), join(here, 'dist', name));
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte(), apiViewer(), pages()],
  build: { target: 'es2022', outDir: 'dist', sourcemap: false, chunkSizeWarningLimit: 1400 },
  worker: { format: 'es' },
  server: { proxy },
  preview: { proxy },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
