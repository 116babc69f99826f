import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';
import packageJson from './package.json' with { type: 'json' };

const root = import.meta.dirname;
const page = resolve(root, 'renderer/index.html');

/**
 * What the page needs before it works is one script and one stylesheet: forty small ones are forty requests to wait
 * for. These are the modules that the page's entry imports, those that they import, and so on.
 */
const start = new Set<string>();

function gatherStart(entry: string, importsOf: (id: string) => readonly string[]): void {
  const waiting = [entry];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (start.has(id)) continue;
    start.add(id);
    waiting.push(...importsOf(id));
  }
}

/**
 * The stylesheet keeps what comes after it from being painted, not what comes before: at the end of the page it lets the
 * first paint through. The page's script still waits for it, as a deferred one does.
 */
const stylesheetLast: Plugin = {
  name: 'stylesheet-last',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => {
      const links = html.match(/ *<link rel="stylesheet"[^>]*>\n/g) ?? [];
      const without = links.reduce((text, link) => text.replace(link, ''), html);
      return without.replace('  </body>', `${links.join('')}  </body>`);
    },
  },
};

/**
 * Our own programs beside Electron's main bundle: each is started by path, in a process of its own.
 * Dependencies are bundled, so that a program starts from one file; koffi carries a native library.
 *
 * The renderer is one page for both shells: nothing inline but what the content security policy of both
 * allows (no script, no event attribute), everything with a hash in its name, fonts from our own origin.
 */
export default defineConfig({
  main: {
    define: { __VERSION__: JSON.stringify(packageJson.version) },
    build: {
      outDir: 'out/main',
      target: 'node24',
      externalizeDeps: false,
      rollupOptions: {
        external: ['koffi', 'electron'],
        input: {
          electron: resolve(root, 'main/shells/electron/electron-main.ts'),
          engine: resolve(root, 'main/shells/ports/engine-main.ts'),
          command: resolve(root, 'main/command/command-main.ts'),
          supervisor: resolve(root, 'main/lab/supervisor/supervisor-main.ts'),
          relay: resolve(root, 'main/userspace/relay-main.ts'),
          helper: resolve(root, 'main/helper/helper-main.ts'),
          prober: resolve(root, 'main/probe/prober-main.ts'),
          forwarder: resolve(root, 'main/forwarder/forwarder-main.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  // In the sandbox a preload is one CommonJS file: it can load nothing beside it.
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rollupOptions: {
        external: ['electron'],
        input: { preload: resolve(root, 'main/shells/electron/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [svelte({ configFile: false }), stylesheetLast],
    json: { stringify: true },
    build: {
      outDir: 'out/renderer',
      emptyOutDir: true,
      target: 'chrome130',
      minify: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // The start, in one: a hundred KiB as it is sent.
      chunkSizeWarningLimit: 700,
      rollupOptions: {
        input: page,
        output: {
          entryFileNames: 'assets/[name]-[hash].js',
          chunkFileNames: 'assets/[name]-[hash].js',
          assetFileNames: 'assets/[name]-[hash][extname]',
          codeSplitting: {
            groups: [
              {
                debugName: 'start',
                name: (id, modules) => {
                  if (start.size === 0)
                    gatherStart(page, (one) => modules.getModuleInfo(one)?.importedIds ?? []);
                  return start.has(id) ? 'start' : null;
                },
              },
            ],
          },
        },
      },
    },
  },
});
