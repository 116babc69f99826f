import type { LabClient } from '../api-server/registry/lab-client.ts';
import type { EventRecorder } from './event-recorder.ts';

/** What every controller works with. */
export interface ControllerContext {
  client: LabClient;
  events: EventRecorder;
  log(message: string): void;
}

/** A running controller. */
export interface Controller {
  stop(): void;
}

/** `namespace/name` taken apart. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** One controller out of several watches and queues. */
export function stopAll(parts: (() => void)[]): Controller {
  return {
    stop(): void {
      for (const part of parts) part();
    },
  };
}
