/**
 * Keeps the engine of an observed node in the mode that the node's rules are of, and its rulesets as they should be now:
 * they tell which Service a rule is of. Read where somebody changes the rules; the engine tells where the cluster changes.
 */
import type { ProxyMode } from '../../../app/proxy/configuration.ts';
import { usesNamedCounters } from '../../../app/verify/saved-rules.ts';
import type { Engine } from '../../engine/engine.ts';
import type { NodeTarget } from '../../targets/node-target.ts';
import { readNode } from '../../verification/read-node.ts';

/** Changes that come together are looked at once. */
const TOGETHER_MS = 250;

export class ObservedMode {
  readonly #engine: Engine;
  readonly #target: NodeTarget;
  readonly #stops: (() => void)[];
  #mode: ProxyMode;
  #nfacct = false;
  #timer: NodeJS.Timeout | undefined;
  #mustRead = false;
  #closed = false;

  constructor({ engine, target }: { engine: Engine; target: NodeTarget }) {
    this.#engine = engine;
    this.#target = target;
    this.#mode = engine.mode;
    this.#stops = [
      engine.onWanted(() => this.#soon()),
      engine.onNodeChange(() => {
        this.#mustRead = true;
        this.#soon();
      }),
    ];
  }

  async read(): Promise<void> {
    const { capabilities } = this.#engine;
    this.#mustRead = false;
    if (!capabilities) return;
    const { mode, rulesets } = await readNode(this.#target, capabilities, undefined);
    this.#mode = mode ?? this.#mode;
    this.#nfacct = usesNamedCounters(rulesets);
    this.#tell();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const stop of this.#stops.splice(0)) stop();
  }

  #soon(): void {
    if (this.#closed || this.#engine.way !== 'observe') return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // A node that does not answer says so where it is shown.
      if (this.#mustRead) this.read().catch(() => {});
      else this.#tell();
    }, TOGETHER_MS);
  }

  #tell(): void {
    if (this.#closed || this.#engine.way !== 'observe') return;
    this.#engine.wanted({
      mode: this.#mode,
      dialect: 'current',
      capabilities: { nfacct: this.#nfacct },
    });
  }
}
