/** Events on the Node, as kube-proxy records them (events.k8s.io/v1): that it started, and what goes wrong. */
import type { KubeConfig } from '@kubernetes/client-node';
import { callApi } from '../cluster/call-api.ts';

export interface NodeEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  action: string;
  /** At most 1,024 characters, as the API takes it. */
  note: string;
}

export interface NodeEventsOptions {
  kubeConfig: KubeConfig;
  nodeName: string;
  log: (line: string) => void;
}

const LONGEST_NOTE = 1024;
/** The same event again within so many milliseconds says nothing new. */
const QUIET_MS = 60_000;

export class NodeEvents {
  readonly #options: NodeEventsOptions;
  readonly #lastAt = new Map<string, number>();

  constructor(options: NodeEventsOptions) {
    this.#options = options;
  }

  /** Records it; a cluster that does not take it is told to the log alone: rules come first. */
  async record(event: NodeEvent): Promise<void> {
    const { kubeConfig, nodeName, log } = this.#options;
    const now = new Date();
    const key = `${event.reason} ${event.note}`;
    if (now.getTime() - (this.#lastAt.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    this.#lastAt.set(key, now.getTime());
    try {
      const body = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        // As client-go names events: the object's name and the time.
        metadata: { name: `${nodeName}.${process.hrtime.bigint().toString(16)}`, namespace: 'default' },
        eventTime: now.toISOString().replace('Z', '000Z'),
        type: event.type,
        reason: event.reason,
        action: event.action,
        note: event.note.slice(0, LONGEST_NOTE),
        regarding: { kind: 'Node', name: nodeName, uid: nodeName },
        reportingController: 'kube-proxy',
        reportingInstance: `kube-proxy-${nodeName}`,
      };
      await callApi(kubeConfig, {
        method: 'POST',
        path: '/apis/events.k8s.io/v1/namespaces/default/events',
        body,
      });
    } catch (error) {
      log(`an event could not be recorded: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
