import { resolve } from 'node:path';
import { defineConfig } from 'electron-vite';
import packageJson from './package.json' with { type: 'json' };

const root = import.meta.dirname;

/**
 * Our own programs beside Electron's main bundle: each is started by path, in a process of its own.
 * Dependencies are bundled, so that a program starts from one file; koffi carries a native library.
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
