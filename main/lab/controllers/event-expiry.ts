import type { CoreEvent } from '../api-server/resources/event-types.ts';
import type { Controller, ControllerContext } from './controller.ts';

/** Events are news: after an hour they are gone, as on a real server. */
const lifetimeMilliseconds = 60 * 60_000;

/** Removes events when their time has come; sleeps until the next one's has. */
export function startEventExpiry({ client }: ControllerContext): Controller {
  let timer: NodeJS.Timeout | undefined;
  const expire = (): void => {
    timer = undefined;
    let next = Number.POSITIVE_INFINITY;
    for (const event of client.list<CoreEvent>('events')) {
      const left = expiry(event) - Date.now();
      if (left <= 0) client.delete('events', event.metadata);
      else next = Math.min(next, left);
    }
    if (Number.isFinite(next)) schedule(next);
  };
  const schedule = (milliseconds: number): void => {
    timer ??= setTimeout(expire, milliseconds);
    timer.unref();
  };
  const stopEvents = client.watch<CoreEvent>('events', ({ type, object }) => {
    if (type !== 'DELETED') schedule(Math.max(0, expiry(object) - Date.now()));
  });
  return {
    stop(): void {
      stopEvents();
      if (timer) clearTimeout(timer);
    },
  };
}

/** An hour after the event was last written, whatever time it tells of. */
function expiry({ metadata, lastTimestamp, series }: CoreEvent): number {
  const times = [metadata?.creationTimestamp, lastTimestamp, series?.lastObservedTime].map((time) =>
    Date.parse(time ?? ''),
  );
  return Math.max(...times.filter((time) => !Number.isNaN(time))) + lifetimeMilliseconds;
}
