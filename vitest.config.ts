import { defineConfig } from 'vitest/config';

/**
 * Two suites. `unit` needs nothing but Node. `node` needs the kernel: it makes network namespaces,
 * loads rules and starts the built program, so its files run one after another.
 */
export default defineConfig({
  test: {
    projects: [
      {
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
