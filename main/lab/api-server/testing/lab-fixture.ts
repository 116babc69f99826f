import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import { addressPlan } from '../../../../app/lab/address-plan.ts';
import { FakePodRuntime } from '../../controllers/fake-pod-runtime.ts';
import type { LabClient, Stored } from '../registry/lab-client.ts';
import { type LabApiServer, type LabApiServerOptions, startLabApiServer } from '../start.ts';

/** A lab's API server on a folder of its own, with pods that run nowhere. */
export interface LabFixture {
  server: LabApiServer;
  client: LabClient;
  runtime: FakePodRuntime;
  dataDir: string;
  log: string[];
  /** Ends the server and starts another on the same folder. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startFixture(options: Partial<LabApiServerOptions> = {}): Promise<LabFixture> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'lab-api-server-'));
  const log: string[] = [];
  const start = async (runtime: FakePodRuntime): Promise<LabApiServer> =>
    startLabApiServer({
      dataDir,
      serviceCIDRs: [addressPlan.services.ipv4, addressPlan.services.ipv6],
      podCIDRs: [addressPlan.pods.ipv4, addressPlan.pods.ipv6],
      node: { name: addressPlan.nodeName, addresses: [addressPlan.node.ipv4, addressPlan.node.ipv6] },
      podRuntime: runtime,
      namespaceGraceMilliseconds: 0,
      log: (message) => log.push(message),
      ...options,
    });
  const runtime = new FakePodRuntime();
  const server = await start(runtime);
  const fixture: LabFixture = {
    server,
    client: server.store,
    runtime,
    dataDir,
    log,
    async restart(): Promise<void> {
      await fixture.server.close();
      fixture.runtime = new FakePodRuntime();
      fixture.server = await start(fixture.runtime);
      fixture.client = fixture.server.store;
    },
    async close(): Promise<void> {
      await fixture.server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return fixture;
}

/** The first state of an object that passes; the test's own time limit is the only one. */
export function until<T extends KubernetesObject>(
  client: LabClient,
  resource: string,
  condition: (object: Stored<T>, type: 'ADDED' | 'MODIFIED' | 'DELETED') => boolean,
): Promise<Stored<T>> {
  const { promise, resolve } = Promise.withResolvers<Stored<T>>();
  const stop = client.watch<T>(resource, ({ type, object }) => {
    if (condition(object, type)) resolve(object);
  });
  return promise.finally(() => stop());
}

export interface Answer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
  json: any;
}

export interface Call {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** `null` sends none. */
  token?: string | null;
}

/** One request over HTTPS, as any client makes it. */
export function call(server: LabApiServer, path: string, options: Call = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = send(server, path, options);
  sent.once('error', reject);
  sent.once('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('error', reject);
    response.once('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const isJson = response.headers['content-type']?.startsWith('application/json') === true;
      resolve({
        code: response.statusCode ?? 0,
        headers: response.headers,
        text,
        json: isJson && text ? JSON.parse(text) : undefined,
      });
    });
  });
  return promise;
}

/** The events of a watch over HTTPS, one by one. */
export async function* watch(
  server: LabApiServer,
  path: string,
  options: Call = {},
): AsyncGenerator<WatchLine> {
  const { promise, resolve, reject } = Promise.withResolvers<AsyncIterable<Buffer>>();
  const sent = send(server, path, options);
  sent.once('error', reject);
  sent.once('response', resolve);
  try {
    let rest = '';
    for await (const chunk of await promise) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line);
    }
  } finally {
    sent.destroy();
  }
}

export interface WatchLine {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every kind
  object: any;
}

/** The next events of a watch, as many as asked for. */
export async function take(events: AsyncGenerator<WatchLine>, count: number): Promise<WatchLine[]> {
  const taken: WatchLine[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

function send(server: LabApiServer, path: string, options: Call): ReturnType<typeof request> {
  const { method = 'GET', body, headers = {}, token = server.token } = options;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const sent = request(new URL(path, server.url), {
    method,
    ca: readFileSync(server.caPath),
    agent: false,
    headers: {
      ...(token !== null && { Authorization: `Bearer ${token}` }),
      ...(text !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
  });
  sent.end(text);
  return sent;
}

/** A Service in the default namespace, as manifests write it. */
export function service(
  name: string,
  spec: Record<string, unknown> = {},
): KubernetesObject & Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ port: 80 }], ...spec },
  };
}

export function pod(
  name: string,
  { labels = {}, annotations = {}, ports = [{ containerPort: 80 }] }: PodOptions = {},
): KubernetesObject & Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels, annotations },
    spec: { containers: [{ name: 'app', image: 'nginx', ports }] },
  };
}

export interface PodOptions {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ports?: { containerPort: number; name?: string; protocol?: string }[];
}

export function deployment(
  name: string,
  {
    replicas = 1,
    image = 'nginx',
    ...spec
  }: { replicas?: number; image?: string; [field: string]: unknown } = {},
): KubernetesObject & Record<string, unknown> {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image, ports: [{ containerPort: 80 }] }] },
      },
      ...spec,
    },
  };
}
