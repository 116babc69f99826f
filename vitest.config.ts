import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/**
 * Three suites. `unit` needs nothing but Node. `kernel` needs the kernel: it makes network namespaces, loads
 * rules and starts the built program, so its files run one after another. `window` works the built app, as a
 * person does, in a Chromium.
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
          exclude: ['**/*.kernel.test.ts', '**/*.window.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'kernel',
          include: ['{app,main,scripts}/**/*.kernel.test.ts'],
          fileParallelism: false,
          setupFiles: ['./main/requirements/system-path.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'window',
          include: ['main/**/*.window.test.ts'],
          fileParallelism: false,
          setupFiles: ['./main/requirements/system-path.ts'],
          // After the others: a browser beside them would disturb what they measure.
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
