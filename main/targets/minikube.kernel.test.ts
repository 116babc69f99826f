/** Nodes that `minikube ssh` reaches, through a stand-in for it: real networks, a real shell between. */
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { minikubePlace } from './minikube-place.ts';
import { openTarget } from './open-target.ts';
import { Minikube } from './stand-in/minikube.ts';
import { parseTargetSpec } from './target-spec.ts';

const isRoot = process.getuid?.() === 0;
const OURS =
  '*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -m comment --comment "$(id) `id`; web" -j RETURN\nCOMMIT\n';

describe('a node of minikube', () => {
  const path = process.env['PATH'];
  let minikube: Minikube;

  function use(made: Minikube): void {
    minikube = made;
    process.env['PATH'] = `${minikube.folder}:${path}`;
  }
  beforeEach(() => use(new Minikube()));
  afterEach(async () => {
    process.env['PATH'] = path;
    await minikube[Symbol.asyncDispose]();
  });
  const inside = (pid: number, ...argv: string[]): string => {
    const enter = [
      '--target',
      String(pid),
      ...(isRoot ? [] : ['--user', '--preserve-credentials']),
      '--net',
      '--',
    ];
    return execFileSync('nsenter', [...enter, ...argv], { encoding: 'utf8' });
  };

  test.each<[target: string, profile: string, node: string]>([
    ['minikube:minikube', 'minikube', 'minikube'],
    ['minikube:two/m02', 'two', 'm02'],
  ])('%s: rules, settings and reasons, with every byte as it was', async (target, profile, node) => {
    await minikube.start({ profile, node: profile });
    const pid = node === profile ? undefined : await minikube.start({ profile, node });
    const { verbs, close } = await openTarget(parseTargetSpec(target));
    await verbs.writeIptables({ family: 'IPv4', input: OURS });
    const saved = await verbs.readIptables({ family: 'IPv4' });
    expect(saved).toContain('--comment "$(id) `id`; web"');
    expect(saved).not.toContain('\r');
    if (pid !== undefined) expect(inside(pid, 'iptables-save')).toContain('KUBE-SERVICES');
    await verbs.writeSysctl({ name: 'net/ipv4/conf/all/route_localnet', value: '1' });
    expect(await verbs.readSysctl({ name: 'net/ipv4/conf/all/route_localnet' })).toBe('1');
    expect(await verbs.readNftables({ family: 'IPv4' })).toBe('');
    await expect(verbs.writeNftables({ input: 'add rule ip kube-proxy none drop\n' })).rejects.toMatchObject({
      name: 'CommandError',
      argv: ['nft', '-f', '-'],
      exitCode: 1,
    });
    await close();
    for (const words of minikube.asked()) {
      expect(words.slice(0, 4)).toEqual(['-p', profile, 'ssh', '--native-ssh=false']);
      expect(words.slice(words.indexOf('--') + 1, words.indexOf('--') + 3)).toEqual(['sudo', '-n']);
    }
  });

  test('what it lacks is a capability it has not', async () => {
    await minikube.start({ profile: 'minikube', node: 'minikube', lacks: ['nft'] });
    const { verbs } = await openTarget({ kind: 'minikube', profile: 'minikube' });
    const { nft, iptables } = await verbs.capabilities({});
    expect(iptables.available).toBe(true);
    expect(nft).toMatchObject({ available: false, reason: expect.stringContaining('nft is not installed') });
  });

  test.each<[name: string, nodes: Parameters<Minikube['start']>[0][], code: string, remedy: string]>([
    ['nobody knows', [], 'gone', 'minikube profile list'],
    [
      'is stopped',
      [{ profile: 'minikube', node: 'minikube', state: 'Stopped' }],
      'not-running',
      'minikube start -p minikube',
    ],
    [
      'does not answer',
      [{ profile: 'minikube', node: 'minikube', silent: true }],
      'not-reachable',
      'exit status 255',
    ],
  ])('that %s is told so', async (_name, nodes, code, remedy) => {
    for (const node of nodes) await minikube.start(node);
    const opening = openTarget({ kind: 'minikube', profile: 'minikube' });
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(remedy) });
  });

  test('without an ssh to call, nothing is sent through a terminal', async () => {
    await minikube[Symbol.asyncDispose]();
    use(new Minikube({ ssh: false }));
    process.env['PATH'] = minikube.folder;
    await expect(openTarget({ kind: 'minikube', profile: 'minikube' })).rejects.toMatchObject({
      code: 'not-installed',
    });
    expect(minikube.asked()).toEqual([]);
  });

  test.each(['a b', '$(id)', '`id`', ';id', 'a\nb', "'", '"', '*', '~', '', '\\', '>x', '#', '{a,b}', '!'])(
    'the word %j is not handed to its shell',
    async (word) => {
      await minikube.start({ profile: 'minikube', node: 'minikube' });
      await expect(minikubePlace({ profile: 'minikube' }).run(['echo', word])).rejects.toThrow(
        'a shell reads it',
      );
      expect(minikube.asked()).toEqual([]);
    },
  );
});
