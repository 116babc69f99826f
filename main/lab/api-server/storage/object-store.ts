import process from 'node:process';
import { keyOf, objectPath, type StoredObject } from '../api-object.ts';
import { type Change, type LogRecord, ObjectLog } from './object-log.ts';

export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resource: string;
  revision: number;
  /** The object as written; of a removed one its last state, at the revision of the removal. */
  object: StoredObject;
  previous?: StoredObject;
}

/** What a transaction asks for: `object: null` removes. The store sets the resourceVersion. */
export interface Write {
  resource: string;
  key: string;
  object:
    | (Omit<StoredObject, 'metadata'> & { metadata: Omit<StoredObject['metadata'], 'resourceVersion'> })
    | null;
}

export type StoreListener = (event: StoreEvent) => void;

/** A watch or a list wants a state that has left the window of remembered events. */
export class RevisionGoneError extends Error {
  readonly oldest: number;
  constructor(oldest: number) {
    super(`the oldest revision that is remembered is ${oldest}`);
    this.name = 'RevisionGoneError';
    this.oldest = oldest;
  }
}

/** As many events as a client may lag behind before it must list again; about 4 MB of objects. */
const rememberedEvents = 1000;
/** The log is rewritten when it holds this many records and is mostly history. */
const compactionThreshold = 2000;

/**
 * All objects of the cluster, in memory and in the log, with one counter of revisions.
 *
 * Everything here is synchronous: between reading a state and writing the next nothing can come, so that
 * checks, allocations and writes of one request are one transaction without locks.
 */
export class ObjectStore {
  readonly #log: ObjectLog;
  readonly #resources = new Map<string, Map<string, StoredObject>>();
  readonly #sortedKeys = new Map<string, string[]>();
  readonly #listeners = new Set<StoreListener>();
  #events: StoreEvent[] = [];
  #queue: StoreEvent[] = [];
  #dispatching = false;
  #revision = 0;
  /** Records in the log from which on it may be worth rewriting. */
  #compactAt = compactionThreshold;
  /** Events after this revision are remembered. */
  #floor = 0;

  private constructor(path: string) {
    this.#log = ObjectLog.open(path, (record) => this.#replay(record));
  }

  /** @throws CorruptLogError */
  static open(path: string): ObjectStore {
    return new ObjectStore(path);
  }

  get revision(): number {
    return this.#revision;
  }

  get(resource: string, key: string): StoredObject | undefined {
    return this.#resources.get(resource)?.get(key);
  }

  /** The objects of a resource in the order of their keys, all or those of one namespace. */
  list(resource: string, namespace?: string): StoredObject[] {
    const objects = this.#resources.get(resource);
    if (!objects) return [];
    const found: StoredObject[] = [];
    for (const key of this.#keys(resource)) {
      const object = objects.get(key);
      if (object && (namespace === undefined || object.metadata.namespace === namespace)) found.push(object);
    }
    return found;
  }

  /**
   * The objects of a resource as they were at an earlier revision, in the order of their keys.
   * @throws RevisionGoneError
   */
  listAt(resource: string, revision: number, namespace?: string): StoredObject[] {
    if (revision >= this.#revision) return this.list(resource, namespace);
    const state = new Map(this.#resources.get(resource));
    for (const event of this.eventsAfter(revision).reverse()) {
      if (event.resource !== resource) continue;
      const key = keyOf(event.object.metadata);
      if (event.previous) state.set(key, event.previous);
      else state.delete(key);
    }
    return [...state.entries()]
      .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
      .sort(([left], [right]) => compareKeys(left, right))
      .map(([, object]) => object);
  }

  /**
   * The events later than a revision, oldest first.
   * @throws RevisionGoneError
   */
  eventsAfter(revision: number): StoreEvent[] {
    if (revision < this.#floor) throw new RevisionGoneError(this.#floor);
    return this.#events.filter((event) => event.revision > revision);
  }

  /**
   * Writes and removes objects, all or none. The objects given belong to the store from then on.
   * @throws when the disk refuses; nothing has changed then.
   */
  commit(writes: Write[]): StoreEvent[] {
    if (writes.length === 0) return [];
    let revision = this.#revision;
    const changes = writes.map(({ resource, key, object }): Change => {
      revision += 1;
      if (object === null) return { resource, key, object };
      const metadata = { ...object.metadata, resourceVersion: String(revision) };
      return { resource, key, object: { ...object, metadata } as StoredObject };
    });
    const record: LogRecord = { revision, changes };
    this.#log.append(record);
    const events = this.#apply(record);
    if (this.#log.records > this.#compactAt && this.#log.records > 4 * this.#count()) this.#compact();
    this.#dispatch(events);
    return events;
  }

  /** Calls `listener` for every event from now on, in order; the returned function ends that. */
  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
    this.#log.close();
  }

  #replay(record: LogRecord): void {
    this.#apply(record);
    if (record.compacted) {
      this.#events = [];
      this.#floor = record.revision;
    }
  }

  #apply(record: LogRecord): StoreEvent[] {
    const events = record.changes.map((change, index) =>
      this.#applyChange(change, record.revision - (record.changes.length - 1 - index)),
    );
    this.#revision = Math.max(this.#revision, record.revision);
    const applied = events.filter((event) => event !== undefined);
    this.#remember(applied);
    return applied;
  }

  #applyChange({ resource, key, object }: Change, revision: number): StoreEvent | undefined {
    let objects = this.#resources.get(resource);
    if (!objects) {
      objects = new Map();
      this.#resources.set(resource, objects);
    }
    const previous = objects.get(key);
    if (object === null) {
      if (!previous) return undefined;
      objects.delete(key);
      this.#sortedKeys.delete(resource);
      const metadata = { ...previous.metadata, resourceVersion: String(revision) };
      return { type: 'DELETED', resource, revision, object: { ...previous, metadata }, previous };
    }
    objects.set(key, object);
    if (previous) return { type: 'MODIFIED', resource, revision, object, previous };
    this.#sortedKeys.delete(resource);
    return { type: 'ADDED', resource, revision, object };
  }

  #remember(events: StoreEvent[]): void {
    this.#events.push(...events);
    // Trimmed in steps: moving the array for every event would cost more than the slack.
    if (this.#events.length < rememberedEvents * 1.25) return;
    const dropped = this.#events.splice(0, this.#events.length - rememberedEvents);
    this.#floor = dropped.at(-1)?.revision ?? this.#floor;
  }

  /** Listeners may write: what they cause is delivered after the event they were called for, to all alike. */
  #dispatch(events: StoreEvent[]): void {
    this.#queue.push(...events);
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
        for (const listener of [...this.#listeners]) tell(listener, event);
      }
    } finally {
      this.#dispatching = false;
    }
  }

  /** The write that it comes after is done: a disk too full for a second file leaves a long one. */
  #compact(): void {
    try {
      this.#log.compact(this.#snapshot());
      this.#compactAt = compactionThreshold;
    } catch {
      this.#compactAt = this.#log.records + compactionThreshold;
    }
  }

  *#snapshot(): Generator<LogRecord> {
    for (const [resource, objects] of this.#resources) {
      for (const object of objects.values()) {
        const key = objectPath(object.metadata.namespace, object.metadata.name);
        yield { revision: Number(object.metadata.resourceVersion), changes: [{ resource, key, object }] };
      }
    }
    yield { revision: this.#revision, changes: [], compacted: true };
  }

  #count(): number {
    let count = 0;
    for (const objects of this.#resources.values()) count += objects.size;
    return count;
  }

  #keys(resource: string): string[] {
    let keys = this.#sortedKeys.get(resource);
    if (!keys) {
      keys = [...(this.#resources.get(resource)?.keys() ?? [])].sort(compareKeys);
      this.#sortedKeys.set(resource, keys);
    }
    return keys;
  }
}

/** One listener's failure is neither the others' nor the writer's: what is written is written. */
function tell(listener: StoreListener, event: StoreEvent): void {
  try {
    listener(event);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}

/** Code point order, as etcd's. */
function compareKeys(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
