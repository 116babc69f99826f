import type { StoredObject } from '../api-object.ts';
import type { Watch, WatchEvent } from '../registry/watch-objects.ts';
import type { Resource } from '../resources/resource.ts';
import { type IncludeObject, parseIncludeObject, toPartial, toTable } from '../tables/representation.ts';
import { setWarnings } from './answer.ts';
import { watchOptionsOf } from './query-options.ts';
import type { ResourceRequest } from './resource-handler.ts';

/** A watch ends by itself after 30 to 60 minutes, so that clients do not all come back at once. */
const shortestWatchSeconds = 30 * 60;
const bookmarkMilliseconds = 60_000;
/** A client that reads slower than this much behind is cut off; it lists again when it comes back. */
const unreadLimit = 16 * 1024 * 1024;

/** Sends events as lines of JSON until the client goes or the time is over. */
export async function streamWatch(context: ResourceRequest): Promise<void> {
  const { registry, resource, response, query } = context;
  const options = watchOptionsOf(context);
  const encode = encoder(context);
  const stream = new EventStream(context);
  const watch: Watch = registry.watch({
    resource,
    options,
    sink(event) {
      stream.send(`{"type":"${event.type}","object":${encode(event)}}\n`);
      if (event.type === 'ERROR') stream.end();
    },
  });
  // Not before: a watch that is refused is answered with a status of its own.
  stream.open();
  const bookmarks = setInterval(() => watch.bookmark(), bookmarkMilliseconds);
  const timeout = setTimeout(() => stream.end(), watchSeconds(query) * 1000);
  bookmarks.unref();
  timeout.unref();
  response.once('close', () => {
    watch.stop();
    clearInterval(bookmarks);
    clearTimeout(timeout);
  });
}

function watchSeconds(query: URLSearchParams): number {
  const asked = Number(query.get('timeoutSeconds') ?? 0);
  return asked > 0 ? asked : shortestWatchSeconds * (1 + Math.random());
}

/** The body of a watch: events of one moment go out together. */
class EventStream {
  readonly #response: ResourceRequest['response'];
  readonly #warnings: string[];
  #pending = '';
  #scheduled = false;
  #ending = false;

  constructor({ response, resource }: ResourceRequest) {
    this.#response = response;
    this.#warnings = resource.warning ? [resource.warning] : [];
  }

  /** Sends the head of the answer; what was sent to the stream in the same moment follows it. */
  open(): void {
    setWarnings(this.#response, this.#warnings);
    this.#response.writeHead(200, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-cache, private',
    });
    this.#response.flushHeaders();
  }

  send(line: string): void {
    if (this.#ending) return;
    this.#pending += line;
    this.#schedule();
  }

  end(): void {
    this.#ending = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#response.destroyed) return;
    if (this.#pending !== '') this.#response.write(this.#pending);
    this.#pending = '';
    if (this.#ending) this.#response.end();
    else if (this.#response.writableLength > unreadLimit) this.#response.destroy();
  }
}

/** How the objects of events are written: as they are, or in the other form the client asked for. */
function encoder({ resource, representation, query }: ResourceRequest): (event: WatchEvent) => string {
  switch (representation.as) {
    case 'Table':
      return tableEncoder(resource, parseIncludeObject(query.get('includeObject')));
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return (event) =>
        JSON.stringify(event.type === 'ERROR' ? event.object : toPartial(event.object.metadata));
    default:
      return (event) => JSON.stringify(event.object);
  }
}

/** The first table of a watch tells the columns, the others leave them out. */
function tableEncoder(resource: Resource, includeObject: IncludeObject): (event: WatchEvent) => string {
  let columns = true;
  return (event) => {
    if (event.type === 'ERROR') return JSON.stringify(event.object);
    const metadata = { resourceVersion: event.object.metadata.resourceVersion };
    const objects = event.type === 'BOOKMARK' ? [] : [event.object as StoredObject];
    const table = toTable(resource, objects, { metadata, includeObject, columns }) as { rows: unknown[] };
    if (event.type === 'BOOKMARK') table.rows = [{ cells: [], object: toPartial(event.object.metadata) }];
    columns = false;
    return JSON.stringify(table);
  };
}
