/** The elevated helper as a program of its own: what it refuses, and what is left when it or its user is killed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { programFile } from '../program-files.ts';
import { until } from '../testing/lab-under-test.ts';
import { type ElevatedHelper, startElevatedHelper } from './elevated-helper.ts';
import { frameChannel } from './frame-channel.ts';
import { helperPlaces } from './helper-places.ts';
import { asOneself } from './helper-starters.ts';

const FOREIGN = '*nat\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\nCOMMIT\n';
/** A kube-proxy's rules that were there before. */
const EARLIER = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-AAAAAAAAAAAAAAAA
COMMIT
`;
const OURS = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
-A KUBE-SERVICES -j KUBE-NODEPORTS
-I OUTPUT 1 -j KUBE-SERVICES
COMMIT
`;

/** Network namespaces by name, and the helper's own places, are root's. */
if (process.getuid?.() === 0) {
  describe('the helper', () => {
    const name = `kpl-helper-${process.pid}`;
    const target = `netns:${name}`;
    const helpers: ElevatedHelper[] = [];

    const inside = (argv: string[], input = '', space = name): string =>
      execFileSync('ip', ['netns', 'exec', space, ...argv], { input, encoding: 'utf8', stdio: 'pipe' });
    /** All that a helper may change on the node, without dates and counters. */
    const node = (space = name): string =>
      [
        inside(['nft', '-s', 'list', 'ruleset'], '', space),
        inside(['iptables-save'], '', space),
        inside(['sysctl', 'net.ipv4.conf.all.route_localnet'], '', space),
        inside(['nfacct', 'list'], '', space),
        inside(['ss', '-Hltn'], '', space),
      ]
        .join('\n')
        .replace(/^#.*\n/gm, '')
        .replace(/\[\d+:\d+\]/g, '[0:0]');

    async function start(): Promise<ElevatedHelper> {
      const helper = await startElevatedHelper(asOneself);
      helpers.push(helper);
      return helper;
    }

    beforeEach(() => {
      execFileSync('ip', ['netns', 'add', name]);
      inside(['ip', 'link', 'set', 'lo', 'up']);
    });

    afterEach(async () => {
      for (const helper of helpers.splice(0)) await helper.close();
      execFileSync('ip', ['netns', 'del', name]);
    });

    async function change(helper: ElevatedHelper): Promise<void> {
      await helper.verbs.attach({ target });
      await helper.verbs.createCounters({ names: ['ct_state_invalid_dropped_pkts'] });
      await helper.verbs.writeSysctl({ name: 'net/ipv4/conf/all/route_localnet', value: '1' });
      await helper.verbs.writeIptables({ family: 'IPv4', input: OURS });
      await helper.verbs.writeNftables({ input: 'add table ip kube-proxy\n' });
      await helper.verbs.serveServicePorts({
        udpIdleTimeoutMs: 250,
        servicePorts: [{ key: 'default/web:', protocol: 'TCP', family: 'IPv4', endpoints: [] }],
      });
    }

    test.each([
      ['an empty node', ''],
      ['a node with foreign rules', FOREIGN],
      ["a node with another kube-proxy's rules", EARLIER + FOREIGN],
    ])('leaves %s as it was when it is closed', async (_name, rules) => {
      if (rules) inside(['iptables-restore', '--noflush'], rules);
      const before = node();
      const helper = await start();
      await change(helper);
      expect(node()).not.toBe(before);
      await helper.close();
      expect(node()).toBe(before);
    });

    test('leaves the rules where it was told so', async () => {
      const helper = await start();
      await change(helper);
      await helper.verbs.leaveRules({});
      await helper.close();
      expect(inside(['iptables-save'])).toContain('-A KUBE-SERVICES -j KUBE-NODEPORTS');
    });

    test('undoes at its next start what one that was killed left behind', async () => {
      inside(['iptables-restore', '--noflush'], FOREIGN);
      const before = node();
      const { child, rendezvous } = await startByHand();
      await rendezvous.ask('attach', { target });
      await rendezvous.ask('writeIptables', { family: 'IPv4', input: OURS });
      await rendezvous.ask('writeSysctl', { name: 'net/ipv4/conf/all/route_localnet', value: '1' });
      const dead = once(child, 'exit');
      child.kill('SIGKILL');
      await dead;
      rendezvous.close();
      expect(node()).not.toBe(before);
      await start();
      expect(node()).toBe(before);
    });

    test('undoes what it did when the one who asked is killed', async () => {
      const before = node();
      const asker = spawn(process.execPath, ['--input-type=module', '--eval', ASKER], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TARGET: target, RULES: OURS },
      });
      await once(asker.stdout, 'data');
      expect(node()).not.toBe(before);
      asker.kill('SIGKILL');
      await until('the node to be as before', () => node() === before || undefined);
    });

    test('says in a log that everybody may read what was asked of it', async () => {
      const helper = await start();
      await helper.verbs.attach({ target });
      await helper.verbs.writeIptables({ family: 'IPv4', input: '*nat\n-F\nCOMMIT\n' }).catch(() => {});
      const lines = readFileSync(helperPlaces().audit, 'utf8').trimEnd().split('\n').slice(-3);
      const entries = lines.map(
        (line) => JSON.parse(line) as { action: string; outcome: string; target?: string },
      );
      expect(entries).toContainEqual(expect.objectContaining({ action: 'attach', outcome: 'ok' }));
      expect(entries).toContainEqual(
        expect.objectContaining({ action: 'writeIptables', outcome: 'refused', target }),
      );
    });

    describe('that is attached to a node', () => {
      const space = `${name}-held`;
      let rendezvous: ByHand;
      let child: ChildProcess;

      beforeAll(async () => {
        execFileSync('ip', ['netns', 'add', space]);
        ({ child, rendezvous } = await startByHand());
        await rendezvous.ask('attach', { target: `netns:${space}` });
      });

      afterAll(async () => {
        const end = once(child, 'exit');
        rendezvous.close();
        await end;
        execFileSync('ip', ['netns', 'del', space]);
      });

      const restore = (text: string): [string, unknown] => ['writeIptables', { family: 'IPv4', input: text }];
      const nft = (text: string): [string, unknown] => ['writeNftables', { input: text }];
      test.each<[name: string, message: [verb: string, args: unknown]]>([
        ['a verb that is none', ['exec', { argv: ['id'] }]],
        ["a verb of an object's own", ['constructor', {}]],
        ['a verb of the prototype', ['__proto__', {}]],
        ['a verb without arguments', ['writeIptables', undefined]],
        ['arguments that are a list', ['writeIptables', []]],
        ['an argument too many', ['readIptables', { family: 'IPv4', path: '/etc/shadow' }]],
        ['a family that is none', ['readIptables', { family: 'bridge' }]],
        ['a second node', ['attach', { target: 'host' }]],
        ['a path for a namespace', ['attach', { target: 'netns:../../proc/1/ns/net' }]],
        ['an option for a container', ['attach', { target: 'container:--privileged' }]],
        ['a target of another sort', ['attach', { target: 'lab' }]],
        ['a setting that is not ours', ['writeSysctl', { name: 'kernel/core_pattern', value: '1' }]],
        ['a setting by a path', ['writeSysctl', { name: '../../etc/passwd', value: '1' }]],
        ['a value that is none', ['writeSysctl', { name: 'net/ipv4/conf/all/route_localnet', value: '1\n' }]],
        ['a counter that is not ours', ['createCounters', { names: ['--help'] }]],
        ['an address that is none', ['deleteConntrack', { flows: [flow({ source: '-I' })] }]],
        ['a port that is none', ['deleteConntrack', { flows: [flow({ sourcePort: 1e9 })] }]],
        ['a foreign chain', restore('*nat\n:DOCKER - [0:0]\nCOMMIT\n')],
        ['a flush', restore('*nat\n-F\nCOMMIT\n')],
        ['a flush of a table', restore('*filter\n:INPUT DROP [0:0]\nCOMMIT\n')],
        ['a jump to a foreign chain', restore('*nat\n-A PREROUTING -j DOCKER\nCOMMIT\n')],
        ['a drop in a built-in chain', restore('*filter\n-A INPUT -j DROP\nCOMMIT\n')],
        ['a log prefix', restore('*nat\n-A KUBE-SERVICES -j LOG --log-prefix x\nCOMMIT\n')],
        ['another table', restore('*security\n-A INPUT -j KUBE-X\nCOMMIT\n')],
        [
          'a module to be loaded',
          restore('*nat\n-A KUBE-SERVICES -m bpf --object-pinned /x -j ACCEPT\nCOMMIT\n'),
        ],
        ['a table that is not committed', restore('*nat\n:KUBE-X - [0:0]\n')],
        ['a foreign table of nft', nft('delete table inet filter\n')],
        ['all of nft', nft('flush ruleset\n')],
        ['two commands in one line', nft('add table ip kube-proxy; flush ruleset\n')],
        ['a file to be included', nft('include "/etc/shadow"\n')],
        ['a variable', nft('define x = 1\n')],
        ['a file to be known by', ['identify', { path: '/etc/shadow' }]],
        ['a process of a name of their own', ['findProxies', { name: 'sshd' }]],
        ['a mark with a name of their own', ['markWriter', { writes: true, name: 'x' }]],
        ['a mark that is none', ['markWriter', { writes: 'yes' }]],
        ['listeners with a name that is none', ['serveServicePorts', { servicePorts: [{ key: 1 }] }]],
        ['listeners in great number', ['serveServicePorts', { servicePorts: new Array(200_000).fill({}) }]],
      ])('refuses %s, and changes nothing', async (_name, [verb, args]) => {
        const before = node(space);
        await expect(rendezvous.answer(verb, args)).resolves.toMatchObject({ ok: false });
        expect(node(space)).toBe(before);
      });
    });

    test('gives a peer without the token nothing, and lets the one with it in', async () => {
      const answers: Buffer[] = [];
      const strangers: Promise<unknown>[] = [];
      const helper = await startElevatedHelper((file) => {
        const { socket } = JSON.parse(readFileSync(file, 'utf8')) as { socket: string };
        const hello = { type: 'hello', protocol: 1, token: 'x'.repeat(43), pid: 1 };
        for (const said of [
          hello,
          { ...hello, token: '' },
          'x',
          null,
          { id: 1, verb: 'capabilities', args: {} },
        ]) {
          const stranger = connect(socket);
          stranger.on('error', () => {});
          stranger.on('data', (chunk: Buffer) => answers.push(chunk));
          strangers.push(once(stranger, 'close'));
          frameChannel(stranger, { mostBytes: 1024 }).send(said);
        }
        return asOneself(file);
      });
      helpers.push(helper);
      await Promise.all(strangers);
      expect(Buffer.concat(answers)).toHaveLength(0);
      await expect(helper.verbs.attach({ target })).resolves.toBeUndefined();
    });

    test('takes no secret from a file that others may read', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kpl-helper-'));
      const file = join(folder, 'rendezvous.json');
      writeFileSync(file, JSON.stringify({ socket: join(folder, 's'), token: 'x'.repeat(43) }), {
        mode: 0o644,
      });
      const child = spawn(process.execPath, [programFile('helper'), '--rendezvous', file], {
        stdio: 'ignore',
      });
      const [code] = await once(child, 'exit');
      rmSync(folder, { recursive: true });
      expect(code).not.toBe(0);
    });

    test('is cut off when it is asked more than it can take', async () => {
      const { child, rendezvous } = await startByHand();
      const header = Buffer.alloc(4);
      header.writeUInt32BE(0xffff_ffff, 0);
      rendezvous.write(header);
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
      rendezvous.close();
    });

    /** A connection of our own to a helper, to say what `startElevatedHelper` never would. */
    async function startByHand(): Promise<{ child: ChildProcess; rendezvous: ByHand }> {
      const rendezvous = new ByHand();
      const file = await rendezvous.listen();
      const child = spawn(process.execPath, [programFile('helper'), '--rendezvous', file], {
        stdio: 'ignore',
      });
      await rendezvous.met;
      return { child, rendezvous };
    }
  });
}

function flow(part: object): object {
  return {
    family: 'IPv4', protocol: 'udp', source: '10.0.0.9', sourcePort: 1, destination: '10.0.0.5', destinationPort: 53,
    replySource: '10.0.0.5', replySourcePort: 53, ...part,
  }; // biome-ignore format: one entry
}

const ASKER = `
  import { asOneself } from '${new URL('./helper-starters.ts', import.meta.url).href}';
  import { startElevatedHelper } from '${new URL('./elevated-helper.ts', import.meta.url).href}';
  const { verbs } = await startElevatedHelper(asOneself);
  await verbs.attach({ target: process.env.TARGET });
  await verbs.writeIptables({ family: 'IPv4', input: process.env.RULES });
  console.log('written');
  setInterval(() => {}, 1000);
`;

class ByHand {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kpl-helper-'));
  readonly #server: Server = createServer();
  #peer: Socket | undefined;
  #channel: ReturnType<typeof frameChannel> | undefined;
  #nextId = 1;
  readonly met: Promise<void>;

  constructor() {
    this.met = new Promise((resolve) => {
      this.#server.on('connection', (peer) => {
        this.#peer = peer;
        this.#channel = frameChannel(peer, { mostBytes: 1 << 26 });
        // The hello comes once the journals of helpers before have been seen to.
        this.#channel.onMessage(() => resolve());
      });
    });
  }

  async listen(): Promise<string> {
    const socket = join(this.#folder, 'socket');
    const file = join(this.#folder, 'rendezvous.json');
    writeFileSync(file, JSON.stringify({ socket, token: 'x'.repeat(43) }), { mode: 0o600 });
    this.#server.listen(socket);
    await once(this.#server, 'listening');
    return file;
  }

  answer(verb: string, args: unknown): Promise<{ ok: boolean; error?: { message: string } }> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#channel?.onMessage((message) => {
        if ((message as { id?: unknown }).id === id) resolve(message as never);
      });
      this.#channel?.send({ id, verb, args });
    });
  }

  async ask(verb: string, args: unknown): Promise<void> {
    const { ok, error } = await this.answer(verb, args);
    if (!ok) throw new Error(error?.message);
  }

  write(bytes: Buffer): void {
    this.#peer?.write(bytes);
  }

  close(): void {
    this.#peer?.destroy();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

if (process.getuid?.() !== 0) {
  // Said where tests are counted, rather than left out in silence; hand-back.kernel.test.ts asks an ordinary user's helper.
  test.skip('the helper of network namespaces by name, which only root can make', () => {});
}
