/** The lab as a user meets it: the built command, kubectl, traffic; as root and as an ordinary user. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LabUnderTest, makeDataFolder, run, until } from '../testing/lab-under-test.ts';
import { removeInstallation, testUsers } from '../testing/test-user.ts';

const templates = join(import.meta.dirname, '..', '..', 'resources', 'templates');
const mysql = readFileSync(join(templates, 'mysql.yaml'), 'utf8');
const ssh = readFileSync(join(templates, 'ssh.yaml'), 'utf8');
const trafficLoad = readFileSync(join(import.meta.dirname, '..', 'testing', 'traffic-load.ts'), 'utf8');

interface ProbeReport {
  summary: { ok: number; failed: number; pods: { pod: string; count: number }[] };
  results: { ok: boolean; pod?: string; failure?: { kind: string; words: string } }[];
}

async function probe(
  lab: LabUnderTest,
  from: string,
  target: string,
  ...more: string[]
): Promise<ProbeReport> {
  const { stdout, stderr } = await lab.cli(['probe', '--from', from, target, '--json', ...more]);
  if (!stdout) throw new Error(`probe: ${stderr}`);
  return JSON.parse(stdout) as ProbeReport;
}

afterAll(removeInstallation);

describe.each(testUsers)('the lab, run as $name', (user) => {
  let lab: LabUnderTest;

  beforeAll(async () => {
    lab = await LabUnderTest.start(user);
    await lab.apply(mysql);
    await lab.kubectl(['wait', '--for=condition=Ready', 'pod', '-l', 'mysql-service=true', '--timeout=20s']);
    await lab.untilRules(/KUBE-SEP-\w+ .*mysql-service[\s\S]*KUBE-SEP-\w+ .*mysql-service/);
  });

  afterAll(async () => {
    const code = await lab.stop();
    lab.removeFolder();
    expect(code).toBe(0);
  });

  afterEach(async () => {
    await lab.cli(['lab', 'mode', 'iptables', '--dialect', 'current']);
  });

  it.each([
    ['client', '10.0.0.5:30964'],
    ['pod/mysql-1', 'mysql-service:3306'],
  ])('spreads 200 requests from %s to %s over both pods, in iptables mode', async (from, target) => {
    const { summary } = await probe(lab, from, target, '-n', '200', '-c', '4');
    expect(summary.failed).toBe(0);
    expect(summary.pods.map(({ pod }) => pod).sort()).toEqual(['mysql-1', 'mysql-2']);
    for (const { count } of summary.pods) expect(count).toBeGreaterThanOrEqual(60);
  });

  it.each([
    ['client', '10.0.0.5:30964', 'current'],
    ['pod/mysql-1', 'mysql-service:3306', 'current'],
    ['client', 'mysql-service/nodePort', 'classic'],
  ])(
    'answers 200 requests from %s to %s exactly in turn, in userspace mode (%s)',
    async (from, target, dialect) => {
      await lab.cli(['lab', 'mode', 'userspace', '--dialect', dialect]);
      const { results } = await probe(lab, from, target, '-n', '200');
      const pods = results.map(({ pod }) => pod);
      expect(new Set(pods)).toEqual(new Set(['mysql-1', 'mysql-2']));
      expect(pods.every((pod, index) => index === 0 || pod !== pods[index - 1])).toBe(true);
    },
  );

  it.each([
    ['client', '10.0.0.5:30964'],
    ['pod/mysql-1', 'mysql-service:3306'],
    ['node', 'mysql-service:3306'],
  ])('spreads 200 requests from %s to %s over both pods, in nftables mode', async (from, target) => {
    await lab.cli(['lab', 'mode', 'nftables']);
    const { summary } = await probe(lab, from, target, '-n', '200', '-c', '4');
    expect(summary.failed).toBe(0);
    for (const { count } of summary.pods) expect(count).toBeGreaterThanOrEqual(60);
    expect(summary.pods).toHaveLength(2);
    const { stdout: rules } = await lab.exec('node', 'iptables-save');
    expect(rules).not.toMatch(/KUBE-(?!KUBELET)/);
  });

  it("writes the document's four lines for ssh-service1, with and without endpoints", async () => {
    await lab.cli(['lab', 'mode', 'userspace', '--dialect', 'classic']);
    await lab.apply(ssh);
    const expected = [
      '-A KUBE-NODEPORT-CONTAINER -p tcp -m comment --comment "default/ssh-service1:" -m tcp --dport 30239 -j REDIRECT --to-ports 36463',
      '-A KUBE-NODEPORT-HOST -p tcp -m comment --comment "default/ssh-service1:" -m tcp --dport 30239 -j DNAT --to-destination 10.0.0.5:36463',
      '-A KUBE-PORTALS-CONTAINER -d 10.254.132.107/32 -p tcp -m comment --comment "default/ssh-service1:" -m tcp --dport 2222 -j REDIRECT --to-ports 36463',
      '-A KUBE-PORTALS-HOST -d 10.254.132.107/32 -p tcp -m comment --comment "default/ssh-service1:" -m tcp --dport 2222 -j DNAT --to-destination 10.0.0.5:36463',
    ];
    const lines = (rules: string): string[] =>
      rules.split('\n').filter((line) => line.includes('ssh-service1'));
    expect(lines(await lab.untilRules(/ssh-service1/))).toEqual(expected);
    await lab.kubectl(['run', 'ssh-1', '--image=sshd', '--labels=ssh-service=true', '--port=22']);
    await lab.kubectl(['wait', '--for=condition=Ready', 'pod/ssh-1', '--timeout=20s']);
    const { summary } = await probe(lab, 'client', 'ssh-service1/nodePort', '--protocol', 'tcp', '-n', '3');
    expect(summary.ok).toBe(3);
    expect(lines(await lab.rules())).toEqual(expected);
    await lab.kubectl(['delete', 'pod/ssh-1', 'service/ssh-service1']);
  });

  it('says no as each mode does when no pod is left, and works within a second when one is back', async () => {
    await lab.kubectl(['create', 'deployment', 'web', '--image=nginx', '--replicas=1']);
    await lab.kubectl(['expose', 'deployment', 'web', '--port=80', '--type=NodePort']);
    await lab.untilRules(/KUBE-SEP-\w+ .*default\/web/);
    const scale = async (replicas: number): Promise<void> => {
      await lab.kubectl(['scale', 'deployment', 'web', `--replicas=${replicas}`]);
      await lab.untilRules(/default\/web has no endpoints/, replicas === 0);
    };
    await scale(0);
    const refused = await probe(lab, 'client', 'web/nodePort');
    expect(refused.results[0]?.failure?.kind).toBe('refused');
    expect(refused.results[0]?.failure?.words).toMatch(/REJECT/);

    await lab.cli(['lab', 'mode', 'userspace']);
    const closed = await probe(lab, 'client', 'web/nodePort');
    expect(closed.results[0]?.failure?.kind).toBe('closed-without-answer');

    await lab.cli(['lab', 'mode', 'iptables']);
    await lab.kubectl(['scale', 'deployment', 'web', '--replicas=1']);
    const scaledAt = Date.now();
    await until('an answer', async () =>
      (await probe(lab, 'client', 'web/nodePort')).summary.ok === 1 ? true : undefined,
    );
    expect(Date.now() - scaledAt).toBeLessThan(3000);
    await lab.kubectl(['delete', 'deployment/web', 'service/web']);
  });

  const switchesUnderTraffic = 'switches the mode 20 times under traffic of every kind, and nothing fails';
  // Where the traffic leaves the switches little of the machine they take their time.
  it(switchesUnderTraffic, { timeout: 240_000 }, async () => {
    await lab.kubectl(['run', 'dns-1', '--image=coredns', '--labels=app=dns']);
    await lab.kubectl(['run', 'dns-2', '--image=coredns', '--labels=app=dns']);
    await lab.kubectl(['wait', '--for=condition=Ready', 'pod', '-l', 'app=dns', '--timeout=20s']);
    await lab.apply(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'dns' },
        spec: {
          type: 'NodePort',
          selector: { app: 'dns' },
          ports: [{ name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 }],
        },
      }),
    );
    await lab.untilRules(/KUBE-SEP-\w+ .*default\/dns:dns[\s\S]*KUBE-SEP-\w+ .*default\/dns:dns/);
    const argv = [
      ...user.prefix, join(lab.installation, 'bin', 'kube-proxy-lab'), 'lab', 'exec', 'client', '--data', lab.folder, '--',
      process.execPath, '--input-type=module-typescript', '--disable-warning=ExperimentalWarning', '-e', trafficLoad,
      '10.0.0.5', '30964', '30053',
    ]; // biome-ignore format: one command
    const load = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' });
    let stdout = '';
    load.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    await until('the traffic to start', () => stdout.includes('started') || undefined);
    // From each mode to each other one.
    const modes = ['userspace', 'nftables', 'iptables', 'nftables', 'userspace', 'iptables'];
    for (let turn = 0; turn < 20; turn++) {
      const mode = modes[turn % modes.length] ?? '';
      const { code, stderr } = await lab.cli(['lab', 'mode', mode]);
      expect(code, stderr).toBe(0);
    }
    load.stdin.end();
    await once(load, 'close');
    const report = JSON.parse(stdout.split('\n')[1] ?? '{}') as {
      done: Record<string, number>;
      failures: string[];
    };
    expect(report.failures).toEqual([]);
    for (const kind of [
      'new connection',
      'kept connection',
      'open stream',
      'new UDP socket',
      'kept UDP socket',
    ]) {
      expect(report.done[kind], kind).toBeGreaterThan(50);
    }
    await lab.kubectl(['delete', 'pod/dns-1', 'pod/dns-2', 'service/dns']);
  });

  it('runs curl, ss and tcpdump in client, node and pod', async () => {
    const curl = await lab.exec('client', 'curl', '-s', 'http://10.0.0.5:30964/');
    expect(JSON.parse(curl.stdout)).toMatchObject({ protocol: 'HTTP', port: 3306 });
    expect((await lab.exec('pod/mysql-1', 'curl', '-s', 'http://10.0.0.5:30964/')).code).toBe(0);
    const sockets = await lab.exec('pod/mysql-1', 'ss', '-Htln');
    expect(sockets.stdout).toMatch(/:3306\b/);
    for (const place of ['client', 'node', 'pod/mysql-1']) {
      // Every interface: what the node sends to its own address does not pass eth0.
      const script =
        'tcpdump -nn -l -c 2 -i any tcp > "$0" 2>&1 & for i in 1 2 3 4 5 6 7 8 9 10; do grep -q listening "$0" && break; sleep 0.2; done; ' +
        'curl -s -m 2 http://10.0.0.5:30964/ >/dev/null; wait $!; cat "$0"';
      const dump = join(lab.folder, `dump-${place.replace('/', '-')}`);
      const seen = await lab.exec(place, 'timeout', '20', 'sh', '-c', script, dump);
      expect(seen.stdout, place).toMatch(/Flags \[S\]/);
    }
    const script =
      'tcpdump -U -c 1 -i any -w "$0" tcp 2>"$0.said" & for i in 1 2 3 4 5 6 7 8 9 10; do grep -q listening "$0.said" && break; sleep 0.2; done; ' +
      'curl -s -m 2 http://10.0.0.5:30964/ >/dev/null; wait $!; cat "$0.said"; tcpdump -nr "$0"';
    const file = join(lab.folder, 'client.pcap');
    const saved = await lab.exec('client', 'timeout', '20', 'sh', '-c', script, file);
    expect(saved.stdout, 'to a file').toMatch(/10\.0\.0\.5\.30964/);
  });

  it('gives the command its exit code, and says what is wrong with a place', async () => {
    expect((await lab.exec('client', 'sh', '-c', 'exit 7')).code).toBe(7);
    expect((await lab.exec('client', 'no-such-command')).code, 'as shells say it').toBe(127);
    for (const place of ['somewhere', 'pod/none', 'pod/../node']) {
      const unknown = await lab.exec(place, 'true');
      expect(unknown.code, place).toBe(2);
      expect(unknown.stderr, place).toMatch(/There are: client, node, pod\//);
    }
  });

  it('refuses a second lab on its data folder, and leaves the first alone', async () => {
    const second = await lab.cli(['lab', 'up']);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/already running/);
    expect((await lab.cli(['lab', 'status'])).code).toBe(0);
  });
});

/**
 * The processes that were started with a data folder as their home: a lab's own, and all below it. A
 * namespace lives as long as a process in it, or a mount of it, which `hostState` lists.
 */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HOME=${folder}\0`);
      } catch {
        // It has ended meanwhile, or is another user's.
        return false;
      }
    });
}

async function hostState(): Promise<string> {
  const [links, namespaces, rules] = await Promise.all([
    run(['ip', '-o', 'link']),
    run(['ip', 'netns', 'list']),
    run(['iptables-save']),
  ]);
  const nsMounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(' nsfs '));
  return JSON.stringify([links.stdout, namespaces.stdout, rules.stdout.replace(/^#.*$/gm, ''), nsMounts]);
}

describe.each(testUsers)('kill -9 of the lab, run as $name', (user) => {
  const moments = 20;

  it(`at ${moments} random moments leaves no process, namespace, mount or rule, and the objects are there again`, async () => {
    const folder = makeDataFolder(user);
    const before = await hostState();
    const created = new Set<string>();
    for (let turn = 0; turn < moments; turn++) {
      // Every other time in the middle of its start, else in the middle of its work.
      const starting = turn % 2 === 1;
      const lab = starting
        ? LabUnderTest.launch(user, folder)
        : await LabUnderTest.start(user, { folder, args: turn % 4 ? ['--mode', 'userspace'] : [] });
      if (!starting) {
        if (turn === 0) await lab.apply(mysql);
        const services = await lab.kubectl(['get', 'services', '-o', 'name']);
        for (const name of [...created, 'mysql-service']) expect(services).toContain(`service/${name}\n`);
        await lab.kubectl(['create', 'service', 'clusterip', `web-${turn}`, '--tcp=80:80']);
        created.add(`web-${turn}`);
      }
      const work = starting
        ? Promise.resolve()
        : lab
            .apply(
              mysql
                .replaceAll('mysql-', `turn${turn}-`)
                .replace('10.254.162.44', `10.254.1.${turn + 1}`)
                .replace('30964', String(31000 + turn)),
            )
            .catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, Math.random() * (starting ? 800 : 300)));
      if (!starting) expect(processesOf(folder).length).toBeGreaterThanOrEqual(3);
      await lab.stop('SIGKILL');
      await work;
      await until(
        'every process of the lab to be gone',
        () => processesOf(folder).length === 0 || undefined,
        10_000,
      );
      expect(await hostState()).toBe(before);
    }
    const last = await LabUnderTest.start(user, { folder });
    const services = await last.kubectl(['get', 'services', '-o', 'name']);
    for (const name of created) expect(services).toContain(`service/${name}\n`);
    await last.kubectl(['wait', '--for=condition=Ready', 'pod', '-l', 'mysql-service=true', '--timeout=20s']);
    await last.stop();
    last.removeFolder();
  }, 240_000);
});
