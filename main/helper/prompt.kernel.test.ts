/**
 * Asking for the right through the desktop: sudo-prompt calls /usr/bin/pkexec by its full path, so a stand-in is laid
 * over it in a mount namespace, and the helper that it starts really runs.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../testing/lab-under-test.ts';

vi.setConfig({ testTimeout: 120_000 });

/** What pkexec of polkit 0.105 to 126 says and ends with; a right that is given comes with an environment of its own. */
const PKEXEC = `#!/bin/sh
[ "$1" = --disable-internal-agent ] || exit 125
shift
say() { echo "Error executing command as another user: $1" >&2; exit "$2"; }
case "$ANSWER" in
  cancelled) say 'Request dismissed' 126;;
  no-agent) say 'No authentication agent found.' 127;;
  refused) say 'Not authorized' 127;;
  slow) sleep 2;;
esac
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin PKEXEC_UID=1000 "$@"
`;

const PROGRAM = `
  import { startElevatedHelper } from '${new URL('./elevated-helper.ts', import.meta.url).href}';
  import { withPrompt } from '${new URL('./helper-starters.ts', import.meta.url).href}';
  const say = (what) => console.log(JSON.stringify(what));
  try {
    const helper = await startElevatedHelper(withPrompt);
    await helper.verbs.attach({ target: 'host' });
    await helper.verbs.writeSysctl({ name: 'net/ipv4/conf/all/route_localnet', value: '1' });
    say({ sysctl: await helper.verbs.readSysctl({ name: 'net/ipv4/conf/all/route_localnet' }) });
    await helper.close();
  } catch ({ name, code, message }) {
    say({ name, code, message });
  }
  const { readFileSync } = await import('node:fs');
  say({ left: readFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', 'utf8').trim() });
`;

describe("the desktop's dialog", () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kpl-prompt-'));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'pkexec'), PKEXEC);
    chmodSync(join(folder, 'bin', 'pkexec'), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function ask(answer: string, { cwd = '/', pkexec = true } = {}): Promise<Record<string, unknown>> {
    const users = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const over = pkexec
      ? `mount -t overlay pkexec -o lowerdir=${join(folder, 'bin')}:/usr/bin /usr/bin`
      : `rm -f ${join(folder, 'none')}; test ! -e /usr/bin/pkexec || mount -t tmpfs none /usr/bin`;
    // The helper's own places are file systems of the namespace's own, and the network it changes is, too.
    const script = `${over} && mount -t tmpfs places /run && mount -t tmpfs places /var/log && cd "$1" && shift && exec "$@"`;
    const { stdout, stderr, code } = await run([
      'unshare', ...users, '--mount', '--net', '--', 'sh', '-c', script, 'sh', cwd,
      'env', `ANSWER=${answer}`, process.execPath, '--input-type=module', '--eval', PROGRAM,
    ]); // biome-ignore format: one command
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return Object.assign({}, ...lines) as Record<string, unknown>;
  }

  test.each(['authorised', 'slow'])('%s: the helper runs, and undoes what it did', async (answer) => {
    expect(await ask(answer)).toEqual({ sysctl: '1', left: '0' });
  });

  test.each<[answer: string, code: string, words: RegExp]>([
    ['cancelled', 'cancelled', /nothing was changed/],
    ['no-agent', 'no-agent', /no polkit agent.*sudo kube-proxy-lab/s],
    ['refused', 'cancelled', /nothing was changed/],
  ])('%s: told so, and nothing is changed', async (answer, code, words) => {
    expect(await ask(answer)).toEqual({
      name: 'ElevationError', code, message: expect.stringMatching(words), left: '0',
    }); // biome-ignore format: one error
  });

  test('nobody to ask: told so', async () => {
    expect(await ask('', { pkexec: false })).toMatchObject({ code: 'no-agent', left: '0' });
  });

  test.each(['$(touch pwned)', '`id`', 'a"b', "it's"])(
    'a current folder named %s is refused, not read by a shell',
    async (name) => {
      const cwd = join(folder, name);
      mkdirSync(cwd);
      expect(await ask('authorised', { cwd })).toMatchObject({
        code: 'failed',
        message: expect.stringContaining('plain path'),
      });
    },
  );
});
