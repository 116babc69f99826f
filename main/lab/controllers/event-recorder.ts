import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../../../app/kubernetes/objects.ts';
import { timestamp } from '../api-server/api-object.ts';
import type { LabClient, Stored } from '../api-server/registry/lab-client.ts';
import type { CoreEvent } from '../api-server/resources/event-types.ts';

export interface EventText {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/**
 * Tells what happened to an object as an Event beside it. What happens again within the hour counts up the
 * earlier event, as client-go's recorder does.
 */
export class EventRecorder {
  readonly #client: LabClient;
  readonly #component: string;

  constructor(client: LabClient, component: string) {
    this.#client = client;
    this.#component = component;
  }

  /** The same in the name of another component. */
  as(component: string): EventRecorder {
    return new EventRecorder(this.#client, component);
  }

  record(object: Stored<KubernetesObject>, text: EventText): void {
    const { name, namespace = 'default', uid, resourceVersion } = object.metadata;
    const now = timestamp();
    const eventName = `${name}.${this.#identity(uid, text)}`;
    const earlier = this.#client.get<CoreEvent>('events', { namespace, name: eventName });
    try {
      if (earlier) {
        this.#client.update<CoreEvent>('events', {
          ...earlier,
          count: (earlier.count ?? 1) + 1,
          lastTimestamp: now,
        });
        return;
      }
      this.#client.create<CoreEvent>('events', {
        metadata: { name: eventName, namespace },
        involvedObject: {
          apiVersion: object.apiVersion,
          kind: object.kind,
          name,
          ...(object.metadata.namespace && { namespace }),
          uid,
          resourceVersion,
        },
        ...text,
        source: { component: this.#component },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        reportingComponent: this.#component,
        reportingInstance: '',
      });
    } catch {
      // An event tells of the work; it must never stop it. Namespaces that are going take no more events.
    }
  }

  /** What makes two happenings the same event. */
  #identity(uid: string, { type, reason, message }: EventText): string {
    const text = [uid, this.#component, type, reason, message].join('\0');
    return createHash('sha256').update(text).digest('hex').slice(0, 16);
  }
}
