import type { Status } from '../api-error.ts';
import { expired } from '../api-error.ts';
import type { StoredObject } from '../api-object.ts';
import { apiVersionOf, type Resource, storageOf } from '../resources/resource.ts';
import { RevisionGoneError, type StoreEvent } from '../storage/object-store.ts';
import { parseResourceVersion } from './list-objects.ts';
import { presented, type RegistryContext } from './registry-context.ts';
import type { Selection } from './selection.ts';

export interface WatchOptions {
  namespace?: string | undefined;
  selection: Selection;
  /** Events after this; without it, or at 0, the present state comes first. */
  resourceVersion?: string | undefined;
  /** The present state first, then a bookmark that says so. */
  sendInitialEvents?: boolean | undefined;
  allowBookmarks?: boolean | undefined;
}

/** What a bookmark carries instead of an object: how far the watch has come. */
interface BookmarkObject {
  kind: string;
  apiVersion: string;
  metadata: { resourceVersion: string; creationTimestamp: null; annotations?: Record<string, string> };
}

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: StoredObject }
  | { type: 'BOOKMARK'; object: BookmarkObject }
  | { type: 'ERROR'; object: Status };

export interface Watch {
  /** Sends a bookmark now, where the client has allowed them. */
  bookmark(): void;
  stop(): void;
}

const initialEventsEnd = { 'k8s.io/initial-events-end': 'true' };

/**
 * Sends what is asked for to `sink`: first the past or the present, at once, then every change as it
 * happens. A watch that begins where nothing is remembered any more gets one ERROR (410) and no more.
 */
export function watchObjects(
  context: RegistryContext,
  {
    resource,
    options,
    sink,
  }: { resource: Resource; options: WatchOptions; sink: (event: WatchEvent) => void },
): Watch {
  const { store } = context;
  const send = (event: StoreEvent): void => {
    const seen = eventFor(resource, options, event);
    if (seen) sink(seen);
  };
  const from = parseResourceVersion(options.resourceVersion);
  const bookmark = (annotations?: Record<string, string>): void => {
    if (options.allowBookmarks)
      sink({ type: 'BOOKMARK', object: bookmarkObject(resource, store.revision, annotations) });
  };
  if (options.sendInitialEvents || (from === 0 && options.sendInitialEvents === undefined)) {
    for (const object of store.list(storageOf(resource), options.namespace)) {
      const shown = presented(resource, object);
      if (options.selection.matches(shown)) sink({ type: 'ADDED', object: shown });
    }
    if (options.sendInitialEvents) bookmark(initialEventsEnd);
  } else if (from > 0) {
    try {
      for (const event of store.eventsAfter(from)) if (event.resource === storageOf(resource)) send(event);
    } catch (error) {
      if (!(error instanceof RevisionGoneError)) throw error;
      sink({
        type: 'ERROR',
        object: expired(`too old resource version: ${from} (${error.oldest})`).status(),
      });
      return { bookmark: () => {}, stop: () => {} };
    }
  }
  const storage = storageOf(resource);
  // Nothing twice: what has been sent above may still be on its way to the store's listeners.
  const seenUntil = Math.max(from, store.revision);
  const stop = store.subscribe((event) => {
    if (event.resource === storage && event.revision > seenUntil) send(event);
  });
  return { bookmark: () => bookmark(), stop };
}

/**
 * What a watch sees of a change: an object that begins to match its selection is new to it, one that
 * ceases to is gone, shown as it last matched.
 */
function eventFor(resource: Resource, options: WatchOptions, event: StoreEvent): WatchEvent | undefined {
  if (options.namespace !== undefined && event.object.metadata.namespace !== options.namespace)
    return undefined;
  const object = presented(resource, event.object);
  const previous = event.previous && presented(resource, event.previous);
  const matched = previous !== undefined && options.selection.matches(previous);
  if (event.type === 'DELETED') return matched ? { type: 'DELETED', object } : undefined;
  if (options.selection.matches(object)) return { type: matched ? 'MODIFIED' : 'ADDED', object };
  if (!matched) return undefined;
  const metadata = { ...previous.metadata, resourceVersion: String(event.revision) };
  return { type: 'DELETED', object: { ...previous, metadata } };
}

function bookmarkObject(
  resource: Resource,
  revision: number,
  annotations: Record<string, string> | undefined,
): BookmarkObject {
  return {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    },
  };
}
