/**
 * One kind of objects of a cluster, listed and then watched (what client-go calls a reflector). Each change is reported
 * with the object before it. What is known stays in force while the server is away; when it is back, a new list is
 * compared with what is known and only the differences are reported, so that nobody ever sees an empty cluster in
 * between.
 *
 * client-node's informer is not used: it keeps no connection under watch (a peer that vanished without a word goes
 * unnoticed), retries what is forbidden as fast as what is away, and relists without saying what changed.
 */
import type { IncomingMessage } from 'node:http';
import { type KubernetesObject, objectKey } from '../../app/kubernetes/objects.ts';
import { ApiError } from '../lab/api-server/api-error.ts';
import type { ApiTransport } from './api-transport.ts';
import { apiErrorOf } from './cluster-api.ts';

/** What is watched. */
export interface WatchedResource {
  /** `/api/v1/services` */
  path: string;
  fieldSelector?: string;
  labelSelector?: string;
}

/**
 * `live`: what is known is what the server has. `lost`: the server is away, or does not let us in; what is known is as
 * it was last. `forbidden`: this person may not see the kind. `absent`: the server does not serve it.
 */
export type WatchState =
  | { readonly state: 'connecting' | 'live' }
  | { readonly state: 'lost' | 'forbidden' | 'absent'; readonly error: Error };

export interface WatchSink<Item> {
  changed(previous: Item | undefined, current: Item | undefined): void;
  state(state: WatchState): void;
}

const FIRST_RETRY_MS = 100;
/** A server that is back is asked within this. */
const LAST_RETRY_MS = 2_000;
/** What is refused is seldom allowed a moment later; a server that has just started may refuse for a moment, though. */
const FIRST_REFUSED_RETRY_MS = 1_000;
const LAST_REFUSED_RETRY_MS = 60_000;
const LIST_PAGE = 500;
const LIST_SILENCE_MS = 15_000;
/** How long one watch is asked for, as client-go does: some minutes, not all watches at the same time. */
const WATCH_SECONDS = { least: 300, most: 600 };
/** What the server may be late with ending a watch. */
const WATCH_SLACK_MS = 30_000;
/** The kernel asks a silent peer whether it is there, so that one that is not is noticed. */
const KEEP_ALIVE_MS = 2_000;
const LONGEST_LINE = 32 * 1024 * 1024;

/** An end that comes this much early is no end that was asked for. */
const EARLY_SECONDS = 5;

interface ObjectList<Item> {
  apiVersion?: string;
  kind?: string;
  items?: Item[];
  metadata?: { resourceVersion?: string; continue?: string };
}

export class ResourceWatch<Item extends KubernetesObject> {
  readonly #transport: ApiTransport;
  readonly #resource: WatchedResource;
  readonly #sink: WatchSink<Item>;
  readonly #known = new Map<string, Item>();
  /** How far the watch has come; undefined: a list is needed. */
  #version: string | undefined;
  #retryMs = FIRST_RETRY_MS;
  #attempt: AbortController | undefined;
  #wake: (() => void) | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(transport: ApiTransport, resource: WatchedResource, sink: WatchSink<Item>) {
    this.#transport = transport;
    this.#resource = resource;
    this.#sink = sink;
  }

  get items(): Iterable<Item> {
    return this.#known.values();
  }

  /** By `namespace/name`, or the name of what is in no namespace. */
  item(key: string): Item | undefined {
    return this.#known.get(key);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Asks the server anew at once: the connection may be gone without a word, or what was refused allowed. */
  restart(): void {
    this.#version = undefined;
    this.#retryMs = FIRST_RETRY_MS;
    this.#attempt?.abort();
    this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#attempt?.abort();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const attempt = new AbortController();
      this.#attempt = attempt;
      try {
        if (this.#version === undefined) await this.#list(attempt.signal);
        await this.#watch(attempt.signal);
      } catch (error) {
        if (this.#stopped) return;
        if (attempt.signal.aborted) continue;
        await this.#failed(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async #failed(error: Error): Promise<void> {
    // Where the watch was is of no use any more, or may be another cluster's by the time somebody answers.
    this.#version = undefined;
    if (!isExpired(error)) this.#sink.state({ state: stateOf(error), error });
    const [first, last] = isRefused(error)
      ? [FIRST_REFUSED_RETRY_MS, LAST_REFUSED_RETRY_MS]
      : [FIRST_RETRY_MS, LAST_RETRY_MS];
    const wait = Math.min(Math.max(this.#retryMs, first), last);
    this.#retryMs = wait * 2;
    await this.#pause(wait);
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  async #list(signal: AbortSignal): Promise<void> {
    const listed = new Map<string, Item>();
    let from: string | undefined;
    let version: string | undefined;
    do {
      const query = this.#query({
        limit: String(LIST_PAGE),
        ...(from === undefined ? {} : { continue: from }),
      });
      const page = await this.#page(`${this.#resource.path}?${query}`, signal);
      for (const item of page.items ?? []) listed.set(objectKey(item), item);
      version = page.metadata?.resourceVersion;
      from = page.metadata?.continue || undefined;
    } while (from !== undefined);
    if (version === undefined) throw new Error(`the list of ${this.#resource.path} has no resourceVersion`);
    this.#replace(listed);
    this.#version = version;
    this.#sink.state({ state: 'live' });
  }

  async #page(path: string, signal: AbortSignal): Promise<ObjectList<Item>> {
    const response = await this.#transport.send({ method: 'GET', path, silenceMs: LIST_SILENCE_MS, signal });
    const text = await textOf(response);
    if (response.statusCode !== 200) throw apiErrorOf(response.statusCode ?? 0, text);
    const page = JSON.parse(text) as ObjectList<Item>;
    // A real server leaves out of a list's items what is the same for all of them.
    const { apiVersion, kind = '' } = page;
    const same = { ...(apiVersion && { apiVersion }), kind: kind.replace(/List$/, '') };
    return { ...page, items: (page.items ?? []).map((item) => ({ ...same, ...item })) };
  }

  /** Reports in what the cluster differs from what was known. */
  #replace(listed: Map<string, Item>): void {
    for (const [key, item] of this.#known) if (!listed.has(key)) this.#remove(key, item);
    for (const [key, item] of listed) this.#put(key, item);
  }

  #put(key: string, item: Item): void {
    const previous = this.#known.get(key);
    if (previous && previous.metadata?.uid !== item.metadata?.uid) this.#remove(key, previous);
    const same = this.#known.get(key);
    if (same?.metadata?.resourceVersion === item.metadata?.resourceVersion && same) return;
    this.#known.set(key, item);
    this.#sink.changed(same, item);
  }

  #remove(key: string, item: Item): void {
    this.#known.delete(key);
    this.#sink.changed(item, undefined);
  }

  /** Resolves when the server ends the watch at the time that was asked for; rejects where it ends otherwise. */
  async #watch(signal: AbortSignal): Promise<void> {
    const seconds = Math.round(
      WATCH_SECONDS.least + Math.random() * (WATCH_SECONDS.most - WATCH_SECONDS.least),
    );
    const query = this.#query({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version ?? '',
      timeoutSeconds: String(seconds),
    });
    const response = await this.#transport.send({
      method: 'GET',
      path: `${this.#resource.path}?${query}`,
      silenceMs: seconds * 1000 + WATCH_SLACK_MS,
      signal,
    });
    if (response.statusCode !== 200) throw apiErrorOf(response.statusCode ?? 0, await textOf(response));
    response.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const startedAt = performance.now();
    await this.#follow(response);
    const lasted = (performance.now() - startedAt) / 1000;
    if (lasted < seconds - EARLY_SECONDS) throw new Error('the server has ended the watch');
  }

  async #follow(response: IncomingMessage): Promise<void> {
    response.setEncoding('utf8');
    let rest = '';
    for await (const chunk of response) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw new Error('the server sent an event of more than 32 MiB');
      for (const line of lines) if (line.trim() !== '') this.#event(line);
      // The server is there, and what it said has been taken in.
      this.#retryMs = FIRST_RETRY_MS;
    }
  }

  #event(line: string): void {
    const { type, object } = JSON.parse(line) as { type: string; object: Item };
    if (type === 'ERROR') throw apiErrorOf(0, JSON.stringify(object));
    this.#version = object.metadata?.resourceVersion ?? this.#version;
    if (type === 'BOOKMARK') return;
    const key = objectKey(object);
    if (type !== 'DELETED') this.#put(key, object);
    else if (this.#known.has(key)) this.#remove(key, this.#known.get(key) as Item);
  }

  #query(more: Record<string, string>): string {
    const { fieldSelector, labelSelector } = this.#resource;
    return new URLSearchParams({
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...more,
    }).toString();
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** What a watch or a page of a list began with is no longer remembered: a new list is what helps. */
function isExpired(error: Error): boolean {
  return error instanceof ApiError && error.code === 410;
}

function isRefused(error: Error): boolean {
  return error instanceof ApiError && [401, 403, 404].includes(error.code);
}

function stateOf(error: Error): 'lost' | 'forbidden' | 'absent' {
  if (!(error instanceof ApiError)) return 'lost';
  if (error.code === 403) return 'forbidden';
  return error.code === 404 ? 'absent' : 'lost';
}
