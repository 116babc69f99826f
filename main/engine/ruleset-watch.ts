import type { NodeTarget } from '../targets/node-target.ts';

export interface RulesetWatchOptions {
  readonly target: NodeTarget;
  /** Somebody else has changed kube-proxy's rules on the node; `program` as the kernel calls it. */
  readonly onChange: (program: string | undefined) => void;
  /** Whether changes are told at once, or why not; called when that becomes otherwise. */
  readonly onState?: (state: { live: true } | { live: false; reason: string }) => void;
}

const ASK_AGAIN_MS = 30_000;
/** Where the node does not tell, it may one day: a container's nft is ended now and then. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/** Follows what others do to a node's rules. Where the node cannot tell, whoever needs to know reads now and then. */
export class RulesetWatch {
  readonly #options: RulesetWatchOptions;
  #stopped = false;
  #live: boolean | undefined;
  #endWaiting: (() => void) | undefined;

  constructor(options: RulesetWatchOptions) {
    this.#options = options;
  }

  get live(): boolean {
    return this.#live ?? false;
  }

  /** Resolves when the node has been asked for the first time. */
  async start(): Promise<void> {
    const count = await this.#ask(-1, 0);
    void this.#follow(count ?? 0);
  }

  stop(): void {
    this.#stopped = true;
    this.#endWaiting?.();
  }

  async #follow(begin: number): Promise<void> {
    let known = begin;
    let retryMs = FIRST_RETRY_MS;
    while (!this.#stopped) {
      const count = await this.#ask(known, ASK_AGAIN_MS);
      if (this.#stopped) return;
      if (count === undefined) {
        await this.#pause(retryMs);
        retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
        // Counted from nothing again; what happened meanwhile nobody told.
        known = (await this.#ask(-1, 0)) ?? 0;
        if (!this.#stopped && this.#live) this.#options.onChange(undefined);
      } else {
        known = count;
        retryMs = FIRST_RETRY_MS;
      }
    }
  }

  /** @returns how many changes there have been; undefined where the node does not tell. */
  async #ask(after: number, waitMs: number): Promise<number | undefined> {
    const { target, onChange } = this.#options;
    try {
      const notice = await target.verbs.watchRuleset({ after, waitMs });
      if (this.#stopped) return undefined;
      this.#announce(notice.available ? { live: true } : { live: false, reason: notice.reason });
      if (!notice.available) return undefined;
      if (after >= 0 && notice.count > after) onChange(notice.program);
      return notice.count;
    } catch (error) {
      this.#announce({ live: false, reason: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }

  #announce(state: { live: true } | { live: false; reason: string }): void {
    if (this.#stopped || this.#live === state.live) return;
    this.#live = state.live;
    this.#options.onState?.(state);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
