import type { KubernetesObject } from '../../../app/kubernetes/objects.ts';
import { timestamp } from '../api-server/api-object.ts';
import type { LabClient, Stored } from '../api-server/registry/lab-client.ts';
import type { CoreEvent } from '../api-server/resources/event-types.ts';

export interface EventText {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** So many different events are known again when they repeat; older ones are told anew. */
const rememberedEvents = 4096;

/**
 * Tells what happened to an object as an Event beside it. What happens again counts up the earlier event
 * while that is there, as client-go's recorder does.
 */
export class EventRecorder {
  readonly #client: LabClient;
  readonly #component: string;
  /** The names of events by what makes two happenings the same; shared by all components. */
  readonly #names: Map<string, string>;

  constructor(client: LabClient, component: string, names = new Map<string, string>()) {
    this.#client = client;
    this.#component = component;
    this.#names = names;
  }

  /** The same in the name of another component. */
  as(component: string): EventRecorder {
    return new EventRecorder(this.#client, component, this.#names);
  }

  record(object: Stored<KubernetesObject>, text: EventText): void {
    const { uid, namespace = 'default' } = object.metadata;
    const identity = [uid, this.#component, text.type, text.reason, text.message].join('\0');
    const name = this.#names.get(identity);
    const earlier = name && this.#client.get<CoreEvent>('events', { namespace, name });
    try {
      if (earlier) this.#countUp(earlier);
      else this.#remember(identity, this.#create(object, text));
    } catch {
      // An event tells of the work; it must never stop it. Namespaces that are going take no more events.
    }
  }

  #countUp(event: Stored<CoreEvent>): void {
    this.#client.update<CoreEvent>('events', {
      ...event,
      count: (event.count ?? 1) + 1,
      lastTimestamp: timestamp(),
    });
  }

  #create(object: Stored<KubernetesObject>, text: EventText): string {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const now = timestamp();
    const event = this.#client.create<CoreEvent>('events', {
      metadata: { name: `${name}.${nextSuffix()}`, namespace: namespace ?? 'default' },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        ...(namespace && { namespace }),
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
    return event.metadata.name;
  }

  #remember(identity: string, name: string): void {
    this.#names.set(identity, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > rememberedEvents && oldest !== undefined) this.#names.delete(oldest);
  }
}

let lastSuffix = 0n;

/** The time in nanoseconds, in hexadecimal: the order of the names of events is the order of the events. */
function nextSuffix(): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastSuffix = now > lastSuffix ? now : lastSuffix + 1n;
  return lastSuffix.toString(16);
}
