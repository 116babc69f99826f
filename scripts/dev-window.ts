/**
 * The user interface as it is edited: vite's server, with a lab behind it.
 *
 *   npm run dev:window [-- --data DIR] [--port N]
 *
 * The page is at vite's address, with the lab's token; what it asks goes on to the lab's own web shell, under the
 * name that the shell knows itself by. The lab runs as built: after a change of app/ or main/, build and start anew.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createServer } from 'vite';
import { sessionPath, webSocketPath } from '../app/contract/carrier.ts';

const { values: options } = parseArgs({
  options: { data: { type: 'string' }, port: { type: 'string', default: '5173' } },
});
const root = join(import.meta.dirname, '..');
const data = options.data ?? join(tmpdir(), 'kube-proxy-lab-dev');

const lab = spawn(
  join(root, 'bin', 'kube-proxy-lab'),
  ['start', '--web', '--no-open', '--json', '--data', data],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
lab.on('exit', (code) => process.exit(code ?? 1));
const [line] = (await once(createInterface(lab.stdout), 'line')) as [string];
const ui = new URL((JSON.parse(line) as { ui: string }).ui);

const target = { target: ui.origin, changeOrigin: true };
const server = await createServer({
  root: join(root, 'renderer'),
  configFile: false,
  plugins: [svelte({ configFile: false })],
  server: {
    host: '127.0.0.1',
    port: Number(options.port),
    proxy: {
      [webSocketPath]: { ...target, ws: true, rewriteWsOrigin: true },
      [sessionPath]: target,
    },
  },
});
await server.listen();
process.stdout.write(`${server.resolvedUrls?.local[0] ?? ''}${ui.hash}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    lab.kill('SIGTERM');
    void server.close();
  });
}
