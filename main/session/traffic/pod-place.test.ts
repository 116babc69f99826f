/** Requests from a pod over the API: the exec subresource stood in for, curl and what answers it are real. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { TrafficPlan, TrafficResult } from '../../../app/contract/traffic.ts';
import type { ClusterConnection } from '../../cluster/cluster-connection.ts';
import { ExecServer } from '../../cluster/testing/exec-server.ts';
import { isInstalled } from '../../requirements/tools.ts';
import { ClusterPlaces } from './cluster-places.ts';

const server = new ExecServer();
let places: ClusterPlaces;
let answering: Server;
let to: { address: string; port: number };
const echo = {
  pod: 'web-1',
  namespace: 'shop',
  client: '10.0.0.9',
  clientPort: 1,
  address: '127.0.0.1',
  port: 80,
  protocol: 'HTTP',
};

beforeAll(async () => {
  const url = await server.listen();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'c', server: url, skipTLSVerify: true }],
    users: [{ name: 'u', token: 'secret' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  const pods = new Map([
    [
      'shop/client',
      { spec: { containers: [{ name: 'main' }, { name: 'side' }] }, status: { phase: 'Running' } },
    ],
    ['shop/ended', { spec: { containers: [{ name: 'main' }] }, status: { phase: 'Succeeded' } }],
  ]);
  const objects = {
    get: (_resource: string, { namespace, name }: { namespace?: string; name: string }) =>
      pods.get(`${namespace}/${name}`),
  };
  answering = createServer((_request, response) => response.end(`${JSON.stringify(echo)}\n`));
  await new Promise<void>((resolve) => answering.listen(0, '127.0.0.1', resolve));
  to = { address: '127.0.0.1', port: (answering.address() as AddressInfo).port };
  places = new ClusterPlaces({
    connection: { kubeConfig, objects } as unknown as ClusterConnection,
    resolveTarget: () => ({ ...to, protocol: 'TCP', way: 'address', mode: null, dialect: null }),
  });
});

afterEach(() => {
  server.trouble = {};
  server.asked.length = 0;
});

afterAll(async () => {
  answering.close();
  await server[Symbol.asyncDispose]();
});

const plan: TrafficPlan = {
  from: 'pod/shop/client', target: 'web', agreed: true, requests: 4, concurrency: 2, keepAlive: false, timeoutMs: 2_000,
}; // biome-ignore format: one plan

async function results(change: Partial<TrafficPlan> = {}, at = to): Promise<TrafficResult[]> {
  const asked = { ...plan, ...change };
  const way = await places.way(asked, 'TCP');
  const all: TrafficResult[] = [];
  const { requests, concurrency, keepAlive, timeoutMs } = asked;
  await way.send(
    { ...at, protocol: 'http', requests, concurrency, keepAlive, timeoutMs },
    { signal: new AbortController().signal, onResult: (result) => all.push(result) },
  );
  return all.sort((a, b) => a.index - b.index);
}

it.skipIf(!isInstalled('curl'))(
  'sends each request by curl in the first container, as a list of words',
  async () => {
    const answers = await results();
    expect(answers.map(({ ok, pod, client }) => [ok, pod, client])).toEqual(
      Array(4).fill([true, 'web-1', '10.0.0.9']),
    );
    expect(answers.every(({ connectMs }) => typeof connectMs === 'number')).toBe(true);
    expect(server.asked[0]).toEqual({
    path: '/api/v1/namespaces/shop/pods/client/exec', container: 'main', argv: ['curl', '--version'],
  }); // biome-ignore format: one question
    expect(server.asked.at(-1)?.argv.at(-1)).toBe(`http://127.0.0.1:${to.port}/`);
  },
);

it.skipIf(!isInstalled('wget'))('takes wget where there is no curl, and tells a refusal', async () => {
  server.trouble = { lacks: ['curl'] };
  expect((await results()).every(({ ok, pod }) => ok && pod === 'web-1')).toBe(true);
  // GNU's says nothing when it is quiet; BusyBox's does.
  const [refused] = await results({ requests: 1 }, { address: '127.0.0.1', port: 1 });
  expect(refused).toMatchObject({ ok: false, failure: { code: expect.any(String) } });
});

it.skipIf(!isInstalled('curl'))('tells what curl could not do', async () => {
  const [refused] = await results({ requests: 1 }, { address: '127.0.0.1', port: 1 });
  expect(refused).toMatchObject({ ok: false, failure: { kind: 'refused' } });
});

it('runs nothing that nobody has agreed to', async () => {
  await expect(results({ agreed: false })).rejects.toMatchObject({ code: 'REFUSED' });
  expect(server.asked).toEqual([]);
});

it.each<[string, Partial<TrafficPlan>, string]>([
  ['a pod that is not there', { from: 'pod/shop/gone' }, 'NOT_FOUND'],
  ['what is a path rather than a name', { from: 'pod/shop/../../secrets' }, 'NOT_FOUND'],
  ['one that has ended', { from: 'pod/shop/ended' }, 'REFUSED'],
  ['more than is modest', { requests: 501 }, 'REFUSED'],
  ['too many at a time', { requests: 50, concurrency: 11 }, 'REFUSED'],
  ['what is not HTTP', { protocol: 'tcp' }, 'REFUSED'],
])('refuses %s', async (_name, change, code) => {
  await expect(results(change)).rejects.toMatchObject({ code });
  expect(server.asked).toEqual([]);
});

it('says that the image has no program for it', async () => {
  server.trouble = { lacks: ['curl', 'wget'] };
  await expect(results()).rejects.toThrow(/container main of pod client has neither curl nor wget/);
});

it("says the API server's own words where it refuses", async () => {
  server.trouble = { how: 'forbidden' };
  await expect(results()).rejects.toThrow(/cannot create resource "pods\/exec"/);
});

it.each([
  ['is cut off', 'cut-off', /ended before the command did/],
  ['speaks nonsense', 'nonsense', /JSON/],
] as const)('fails where the server %s', async (_name, how, words) => {
  server.trouble = { how };
  await expect(results()).rejects.toThrow(words);
});
