/** Who gets in through the web shell, and how much anybody can ask of it: against a running lab. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionPath, tokenOfFragment } from '../../../app/contract/carrier.ts';
import { LabUnderTest, makeDataFolder, run, until } from '../../testing/lab-under-test.ts';
import { removeInstallation, type TestUser, testUsers } from '../../testing/test-user.ts';
import {
  type Disguise,
  openSocket,
  refusalOf,
  stateOf,
  WindowUnderTest,
} from '../../testing/window-under-test.ts';

const [user] = testUsers as [TestUser, ...TestUser[]];
let lab: LabUnderTest;

beforeAll(async () => {
  lab = await LabUnderTest.start(user, { web: true });
});

afterAll(async () => {
  const code = await lab.stop();
  lab.removeFolder();
  removeInstallation();
  expect(code).toBe(0);
});

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(lab.ui);
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

const token = (): string => tokenOfFragment(new URL(lab.ui).hash) ?? '';
const host = (): string => new URL(lab.ui).host;

describe('a WebSocket', () => {
  it.each<[string, () => Disguise, number]>([
    ['of a page of another site', () => ({ origin: 'https://example.com' }), 403],
    ['of another port of this machine', () => ({ origin: 'http://127.0.0.1:1' }), 403],
    ['of a sandboxed frame', () => ({ origin: 'null' }), 403],
    ['of our address over https', () => ({ origin: `https://${host()}` }), 403],
    [
      'to a name that was rebound to 127.0.0.1',
      () => ({ host: 'evil.example', origin: 'http://evil.example' }),
      403,
    ],
    ['to our address at another port', () => ({ host: '127.0.0.1:80', origin: 'http://127.0.0.1:80' }), 403],
    ['with a wrong token', () => ({ token: 'A'.repeat(43) }), 401],
    ['with the token cut short', () => ({ token: token().slice(0, -1) }), 401],
    ['without a token', () => ({ token: '' }), 401],
  ])('%s is not let in', async (_, disguise, status) => {
    expect(await refusalOf(openSocket(lab.ui, disguise()))).toBe(status);
  });

  it('of our page is let in, by either of our names', async () => {
    const { port } = new URL(lab.ui);
    for (const name of ['127.0.0.1', 'localhost']) {
      const address = `${name}:${port}`;
      const socket = openSocket(lab.ui, { host: address, origin: `http://${address}` });
      await once(socket, 'open');
      expect(socket.protocol).toBe('kube-proxy-lab');
      socket.close();
    }
  });

  it('that sends too large a message is closed; others go on', async () => {
    const other = await WindowUnderTest.open(lab.ui);
    const socket = openSocket(lab.ui);
    await once(socket, 'open');
    socket.send('x'.repeat(5 * 1024 * 1024));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
    expect((await other.client.lab.status()).pid).toBe(lab.pid);
    other.close();
  });

  it('that sends what is no question is survived', async () => {
    const socket = openSocket(lab.ui);
    await once(socket, 'open');
    for (const text of ['', '{', 'null', '[]', '{"i":"1"}', '{"i":"1","p":{"u":"/__proto__/watch"}}'])
      socket.send(text);
    socket.send(Buffer.from([0xff, 0xfe, 0x00]));
    const window = await WindowUnderTest.open(lab.ui);
    expect((await window.client.node.info()).name).toBe('lab-node');
    window.close();
    socket.terminate();
  });

  it('that asks for more than anybody needs is told so', async () => {
    const window = await WindowUnderTest.open(lab.ui);
    const feeds = await Promise.allSettled(Array.from({ length: 140 }, () => window.client.settings.watch()));
    const refused = feeds.filter((feed) => feed.status === 'rejected');
    expect(refused).toHaveLength(140 - 128);
    expect(refused[0]?.reason).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    for (const feed of feeds) if (feed.status === 'fulfilled') await feed.value.return?.(undefined);
    // The ends and the next question travel together; the server takes each up in its own time.
    const { settings } = await until('an answer again', () =>
      stateOf(window.client.settings.watch()).catch(() => undefined),
    );
    expect(settings.theme).toBe('system');
    window.close();
  });
});

describe('many windows', () => {
  it('50 are served, and told of the same change', async () => {
    const windows = await Promise.all(Array.from({ length: 50 }, () => WindowUnderTest.open(lab.ui)));
    const told = windows.map((window) =>
      window.untilCluster(({ services }) => services.find(({ metadata }) => metadata.name === 'for-all')),
    );
    await lab.kubectl(['create', 'service', 'clusterip', 'for-all', '--tcp=80:8080']);
    const uids = new Set((await Promise.all(told)).map(({ metadata }) => metadata.uid));
    expect(uids.size).toBe(1);
    for (const window of windows) window.close();
  });

  it('one that reads nothing does not keep changes from the others, and begins anew when it reads on', async () => {
    const slow = await WindowUnderTest.open(lab.ui);
    const feed = await slow.client.settings.watch();
    await feed.next();
    slow.socket.pause();
    const other = await WindowUnderTest.open(lab.ui);
    // Each is told to both; together they are more than sockets hold.
    const padding = 'x'.repeat(60_000);
    for (let index = 0; index < 400; index++) {
      await other.client.settings.update({ views: { padding: { index, padding } } });
    }
    slow.socket.resume();
    let last = -1;
    while (last < 399) {
      const { value, done } = await feed.next();
      if (done) throw new Error('the feed has ended');
      expect(value.kind).toBe('snapshot');
      if (value.kind === 'snapshot') last = Number(value.state.settings.views['padding']?.['index'] ?? -1);
    }
    expect(last).toBe(399);
    slow.close();
    other.close();
  });
});

describe('HTTP', () => {
  it.each<[string, () => Record<string, string>, number]>([
    ['with the token', () => ({ authorization: `Bearer ${token()}` }), 204],
    ['without', () => ({}), 401],
    ['with a wrong one', () => ({ authorization: 'Bearer nope' }), 401],
    [
      'from a page of another site',
      () => ({ authorization: `Bearer ${token()}`, origin: 'https://example.com' }),
      403,
    ],
    ['across sites', () => ({ authorization: `Bearer ${token()}`, 'sec-fetch-site': 'cross-site' }), 403],
    ['under another name', () => ({ authorization: `Bearer ${token()}`, host: 'evil.example' }), 403],
  ])('asked for the session %s', async (_, headers, status) => {
    expect((await ask(sessionPath, headers())).status).toBe(status);
  });

  it('gives the page with what keeps others out', async () => {
    const { status, headers, body } = await ask('/');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-cache',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(body).not.toMatch(/<script(?![^>]* src=)/);
    expect((await ask('/', { 'if-none-match': String(headers['etag']) })).status).toBe(304);
  });

  it('keeps hashed files for ever, and sends them compressed', async () => {
    const page = await ask('/');
    const [, script = ''] = /<script[^>]* src="(?:\.)?(\/assets\/[^"]+\.js)"/.exec(page.body) ?? [];
    const plain = await ask(script);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const encoding of ['br', 'gzip']) {
      const { headers, body } = await ask(script, { 'accept-encoding': encoding });
      expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'accept-encoding' });
      expect(body.length).toBeLessThan(plain.body.length / 2);
    }
  });

  it.each([
    '/../../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/../../main/command.js',
    '//etc/passwd',
    '/.built',
    '/index.html/x',
    '/nothing',
  ])('has no file at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it('answers no other method, and no request that is none', async () => {
    expect((await ask('/', {}, 'POST')).status).toBe(405);
    const { hostname, port } = new URL(lab.ui);
    const socket = connect(Number(port), hostname);
    socket.end('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toMatch(/^HTTP\/1\.1 (400|403) /);
  });
});

describe('the address', () => {
  it('is in the status of the lab', async () => {
    expect(JSON.parse((await lab.cli(['lab', 'status', '--json'])).stdout)).toMatchObject({ ui: lab.ui });
  });

  it('at a port that is taken: one clear message, and the folder is free again', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const folder = makeDataFolder(user);
    const argv = [...user.prefix, `${lab.installation}/bin/kube-proxy-lab`, 'start', '--web', '--no-open'];
    const { code, stdout, stderr } = await run([...argv, '--port', String(port), '--data', folder]);
    taken.close();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trim().split('\n')).toEqual([
      `kube-proxy-lab: port ${port} of 127.0.0.1 is taken by another program. Name another with --port, or leave --port out for any.`,
    ]);
    const again = await LabUnderTest.start(user, { folder, web: true });
    await again.stop();
    again.removeFolder();
  });

  it.each(['0.0.0.0', '10.0.0.1', 'example.com', '::'])('cannot be %s', async (address) => {
    const argv = [...user.prefix, `${lab.installation}/bin/kube-proxy-lab`, 'start', '--web', '--no-open'];
    const { code, stderr } = await run([...argv, '--host', address, '--data', lab.folder]);
    expect(code).toBe(2);
    expect(stderr).toContain('is not a loopback address');
  });
});
