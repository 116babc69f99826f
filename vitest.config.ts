import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/**
 * Two suites. `unit` needs nothing but Node. `node` needs the kernel: it makes network namespaces,
 * loads rules and starts the built program, so its files run one after another.
 */
export default defineConfig({
  test: {
    projects: [
      {
        // For the renderer's stores (`*.svelte.ts`), which run as in a browser.
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'unit',
          include: ['{app,main,renderer,scripts}/**/*.test.ts'],
          exclude: ['**/*.kernel.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'kernel',
          include: ['{app,main,scripts}/**/*.kernel.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
