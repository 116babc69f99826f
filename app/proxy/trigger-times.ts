/**
 * When the changes behind EndpointSlices happened, for the time from a pod's change to its rules: the controller
 * notes the time in an annotation, as kube-proxy's EndpointsChangeTracker reads it.
 */
import type { EndpointSlice } from '../kubernetes/objects.ts';

const ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';

export class TriggerTimes {
  readonly #since: number;
  #times: number[] = [];

  /** @param since milliseconds since 1970: older changes were another proxy's to bring */
  constructor(since: number) {
    this.#since = since;
  }

  note(slice: EndpointSlice): void {
    const text = slice.metadata?.annotations?.[ANNOTATION];
    const time = text === undefined ? Number.NaN : Date.parse(text);
    if (time > this.#since) this.#times.push(time);
  }

  /** Seconds from each noted change until `now` (milliseconds since 1970); forgets them. */
  take(now: number): number[] {
    const seconds = this.#times.map((time) => Math.max(0, (now - time) / 1000));
    this.#times = [];
    return seconds;
  }
}
