import { resolve } from 'node:path';
import { defineConfig } from 'electron-vite';

const root = import.meta.dirname;

/**
 * Our own programs beside Electron's main bundle: each is started by path, in a process of its own.
 * Dependencies are bundled, so that a program starts from one file; koffi carries a native library.
 */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      target: 'node24',
      externalizeDeps: { include: ['koffi'], exclude: [] },
      rollupOptions: {
        external: ['koffi', 'electron'],
        input: {
          command: resolve(root, 'main/command/command-main.ts'),
          supervisor: resolve(root, 'main/lab/supervisor/supervisor-main.ts'),
          relay: resolve(root, 'main/userspace/relay-main.ts'),
          prober: resolve(root, 'main/probe/prober-main.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
});
