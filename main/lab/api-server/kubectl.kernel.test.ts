import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startServerProcess } from './testing/server-process.ts';

/** kubectl against the server, call by call as recorded against a real control plane. */

const run = promisify(execFile);

test.each(sessionFolders())(
  'kubectl sees what it sees of a real API server: %s',
  async (folder) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'lab-kubectl-'));
    const server = await startServerProcess(dataDir);
    try {
      const { stdout } = await replay(folder, server.kubeconfig);
      const [, alike, all] = /(\d+)\/(\d+) calls answer as a real API server/.exec(stdout) ?? [];
      expect(Number(all)).toBeGreaterThan(0);
      expect(`${alike}/${all}`, stdout).toBe(`${all}/${all}`);
      expect(server.errors()).toBe('');
    } finally {
      await server.kill();
      rmSync(dataDir, { recursive: true });
    }
  },
  300_000,
);

async function replay(folder: string, kubeconfig: string): Promise<{ stdout: string }> {
  try {
    return await run('python3', [join(folder, 'replay.py'), 'replay', folder, kubeconfig, '-v']);
  } catch (error) {
    // The script's exit code says that a call differs; what it printed says which.
    if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) };
    throw error;
  }
}

/** The session that is brought along, and those that the environment names. */
function sessionFolders(): string[] {
  const own = fileURLToPath(new URL('testing/kubectl-session', import.meta.url));
  const named = process.env['KUBECTL_SESSIONS'];
  if (!named) return [own];
  const nested = readdirSync(named)
    .map((name) => join(named, name))
    .filter((path) => statSync(path).isDirectory());
  return [own, ...[named, ...nested].filter((path) => existsSync(join(path, 'replay.py')))];
}
