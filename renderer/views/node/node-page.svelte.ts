import type { NodeInfo, NodeState } from '../../../app/contract/node.ts';
import { LiveFeed } from '../../connection/live-feed.svelte.ts';
import { describeError, type ErrorWords } from '../../session/describe-error.ts';
import type { Session } from '../../session/session.svelte.ts';

/** What the Node view shows: asked for while it is open. */
export class NodePage {
  readonly #feed: LiveFeed<NodeState, never>;
  #info: NodeInfo | undefined = $state.raw();
  #infoError: ErrorWords | undefined = $state.raw();

  constructor(session: Session) {
    this.#feed = new LiveFeed<NodeState, never>(session.connection, {
      subscribe: (signal) => session.client.node.watch({ intervalMs: 1000 }, { signal }),
      apply: (state) => state,
    });
    $effect(() => {
      if (session.connection.status !== 'connected') return;
      session.client.node.info().then(
        (info) => {
          this.#info = info;
          this.#infoError = undefined;
        },
        (error: unknown) => {
          this.#infoError = describeError(error);
        },
      );
    });
  }

  get info(): NodeInfo | undefined {
    return this.#info;
  }

  get state(): NodeState | undefined {
    return this.#feed.state;
  }

  get error(): ErrorWords | undefined {
    return this.#infoError ?? (this.#feed.error === undefined ? undefined : describeError(this.#feed.error));
  }
}
