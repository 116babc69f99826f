/** The chosen cluster's node: where it is attached, and how it is worked on, live. */
import type { AttachmentState } from '../../app/contract/attachment.ts';
import type { EngineClient } from '../connection/engine-client.ts';
import type { EngineConnection } from '../connection/engine-connection.svelte.ts';
import { LiveFeed } from '../connection/live-feed.svelte.ts';
import type { Clusters } from './clusters.svelte.ts';

export type AttachedState = Extract<AttachmentState, { state: 'attached' }>;

export class Attachment {
  readonly #feed: LiveFeed<AttachmentState, never>;

  constructor(connection: EngineConnection, client: EngineClient, clusters: Clusters) {
    this.#feed = new LiveFeed<AttachmentState, never>(connection, {
      subscribe: (signal) => client.attachment.watch(undefined, { signal }),
      apply: (state) => state,
      subject: () => clusters.chosenId,
    });
  }

  /** undefined until it has been told. */
  get state(): AttachmentState | undefined {
    return this.#feed.state;
  }

  get attached(): AttachedState | undefined {
    const { state } = this;
    return state?.state === 'attached' ? state : undefined;
  }

  /** Another one where another node is shown. */
  get key(): string {
    const { attached } = this;
    return attached ? `${attached.target} ${attached.node}` : '';
  }
}
