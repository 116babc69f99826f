/** Programs that give credentials: run as they are named, never by a shell, and not for long. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExecPlugin, runExecPlugin } from './exec-plugin.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'exec-plugin-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function plugin(script: string, more: Partial<ExecPlugin> = {}): ExecPlugin {
  const command = join(folder, `plugin-${Math.random().toString(36).slice(2)}`);
  writeFileSync(command, `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o700);
  return { apiVersion: 'client.authentication.k8s.io/v1', command, ...more };
}

function run(one: ExecPlugin, timeoutMs = 5_000): ReturnType<typeof runExecPlugin> {
  return runExecPlugin({ plugin: one, cluster: { server: 'https://it:6443' }, timeoutMs });
}

const TOKEN =
  '{"kind":"ExecCredential","status":{"token":"%s","expirationTimestamp":"2031-01-01T00:00:00Z"}}';

it('gets its arguments and its environment as they are written, and gives a token that ends', async () => {
  const args = ['a b', '$(id)', '; touch x', '`id`'];
  const env = [{ name: 'GREETING', value: '$HOME "x"' }];
  const script = `[ "$1|$2|$3|$4|$GREETING" = 'a b|$(id)|; touch x|\`id\`|$HOME "x"' ] && printf '${TOKEN}' good`;
  expect(await run(plugin(script, { args, env }))).toEqual({
    token: 'good',
    expiresAt: Date.parse('2031-01-01T00:00:00Z'),
  });
});

it('is told of the cluster where it wants to know, and that nobody is there to answer it', async () => {
  const script = `case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*'"server":"https://it:6443"'*) printf '${TOKEN}' told;; esac`;
  expect(await run(plugin(script, { provideClusterInfo: true }))).toMatchObject({ token: 'told' });
});

describe('fails with words', () => {
  it('where it is not installed, with its own hint', async () => {
    const missing = { ...plugin(''), command: 'no-such-program-here', installHint: 'Get it from somewhere.' };
    await expect(run(missing)).rejects.toMatchObject({
      failure: 'exec-missing',
      message: 'no-such-program-here is not installed. Get it from somewhere.',
    });
  });

  it.each([
    ['that it ended so', 'echo first >&2; echo "sign in again" >&2; exit 3', /exit code 3\): sign in again/],
    ['that it printed something else', 'echo hello', /printed no ExecCredential/],
    ['that it waits at its input for nobody', 'read line || { echo "no input" >&2; exit 1; }', /no input/],
  ])('%s', async (_name, script, words) => {
    await expect(run(plugin(script))).rejects.toMatchObject({
      failure: 'exec-failed',
      message: expect.stringMatching(words),
    });
  });

  it('where it does not answer in time', async () => {
    await expect(run(plugin('exec sleep 60'), 200)).rejects.toMatchObject({ failure: 'exec-timed-out' });
  });
});
