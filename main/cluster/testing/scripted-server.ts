/** An API server of one kind that holds what a test puts in it, and breaks in the ways a test asks for. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../../app/kubernetes/objects.ts';

type Answer = (response: ServerResponse) => void;

export const path = '/api/v1/services';

export class ScriptedServer {
  readonly requests: URL[] = [];
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #watches = new Set<ServerResponse>();
  readonly #server = createServer((request, response) => this.#answer(request, response));
  #revision = 100;
  #uids = 0;
  /** Instead of the next answers, in order; `watch` for those to watches alone. */
  readonly instead: { list: Answer[]; watch: Answer[] } = { list: [], watch: [] };
  /** Objects a page of a list; the rest behind a continue token. */
  pageSize = Number.POSITIVE_INFINITY;

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get kubeConfig(): KubeConfig {
    const { port } = this.#server.address() as AddressInfo;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions({
      clusters: [{ name: 'it', server: `http://127.0.0.1:${port}`, skipTLSVerify: false }],
      users: [{ name: 'it' }],
      contexts: [{ name: 'it', cluster: 'it', user: 'it' }],
      currentContext: 'it',
    });
    return kubeConfig;
  }

  get lists(): number {
    return this.requests.filter(({ searchParams }) => !searchParams.has('watch')).length;
  }

  get watching(): number {
    return this.#watches.size;
  }

  put(name: string, labels: Record<string, string> = {}): void {
    this.#revision += 1;
    const known = this.#objects.get(name);
    const object = {
      metadata: {
        name,
        namespace: 'default',
        uid: known?.metadata?.uid ?? `uid-${++this.#uids}`,
        resourceVersion: String(this.#revision),
        labels,
      },
    };
    this.#objects.set(name, object);
    this.tell(known ? 'MODIFIED' : 'ADDED', object);
  }

  remove(name: string): void {
    this.#revision += 1;
    const object = this.#objects.get(name);
    if (!object) return;
    this.#objects.delete(name);
    this.tell('DELETED', { metadata: { ...object.metadata, resourceVersion: String(this.#revision) } });
  }

  /** One event to all who watch. */
  tell(type: string, object: object): void {
    for (const watch of this.#watches) watch.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** Cuts all connections under watch, without a word; those who were there miss what happens until they ask anew. */
  cut(): void {
    for (const watch of this.#watches) watch.destroy();
    this.#watches.clear();
  }

  /** Ends all watches as a server does that goes in good order. */
  end(): void {
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://it');
    this.requests.push(url);
    const watching = url.searchParams.has('watch');
    const scripted = (watching ? this.instead.watch : this.instead.list).shift();
    if (scripted) scripted(response);
    else if (watching) this.#watch(response);
    else this.#list(url, response);
  }

  #watch(response: ServerResponse): void {
    this.#watches.add(response);
    response.on('close', () => this.#watches.delete(response));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  }

  #list(url: URL, response: ServerResponse): void {
    const all = [...this.#objects.values()];
    const from = Number(url.searchParams.get('continue') ?? 0);
    const to = from + this.pageSize;
    const metadata = {
      resourceVersion: String(this.#revision),
      ...(to < all.length ? { continue: String(to) } : {}),
    };
    const list = { kind: 'ServiceList', apiVersion: 'v1', metadata, items: all.slice(from, to) };
    response.end(JSON.stringify(list));
  }
}

/** A refusal as an API server words it. */
export function refusal(code: number, reason: string): Answer {
  const status = { kind: 'Status', status: 'Failure', code, reason, message: reason };
  return (response) => response.writeHead(code).end(JSON.stringify(status));
}

/** A watch that begins well and then says this. */
export function watchEvent(event: object): Answer {
  return (response) => response.writeHead(200).end(`${JSON.stringify(event)}\n`);
}
