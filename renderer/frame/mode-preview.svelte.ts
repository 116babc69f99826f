import type { EngineState, ModePreview } from '../../app/contract/engine.ts';
import { describeError, type ErrorWords } from '../session/describe-error.ts';
import type { Session } from '../session/session.svelte.ts';

export type Mode = EngineState['mode'];
export type Dialect = EngineState['dialect'];

/** A choice of mode and dialect: what it would do, asked anew with each choice, and the switch itself. */
export class ModeSwitch {
  readonly #session: Session;
  #mode: Mode = $state('iptables');
  #dialect: Dialect = $state('current');
  #preview: ModePreview | null = $state.raw(null);
  #previewError: ErrorWords | null = $state.raw(null);
  #refusal: ErrorWords | null = $state.raw(null);
  #isSwitching = $state(false);
  #asked = 0;

  constructor(session: Session, from: { mode: Mode; dialect: Dialect }) {
    this.#session = session;
    this.#mode = from.mode;
    this.#dialect = from.dialect;
    void this.#ask();
  }

  get mode(): Mode {
    return this.#mode;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** null while it is being asked for. */
  get preview(): ModePreview | null {
    return this.#preview;
  }

  get previewError(): ErrorWords | null {
    return this.#previewError;
  }

  /** Why the switch that was tried last did not come about; the node is as it was. */
  get refusal(): ErrorWords | null {
    return this.#refusal;
  }

  get isSwitching(): boolean {
    return this.#isSwitching;
  }

  choose(choice: { mode?: Mode; dialect?: Dialect }): void {
    this.#mode = choice.mode ?? this.#mode;
    this.#dialect = choice.dialect ?? this.#dialect;
    this.#refusal = null;
    void this.#ask();
  }

  /** Whether the node has the new rules. */
  async run(): Promise<EngineState | null> {
    this.#isSwitching = true;
    this.#refusal = null;
    try {
      return await this.#session.client.engine.setMode({ mode: this.#mode, dialect: this.#dialect });
    } catch (error) {
      this.#refusal = describeError(error);
      return null;
    } finally {
      this.#isSwitching = false;
    }
  }

  async #ask(): Promise<void> {
    const asked = ++this.#asked;
    this.#preview = null;
    this.#previewError = null;
    try {
      const preview = await this.#session.client.engine.previewMode({
        mode: this.#mode,
        dialect: this.#dialect,
      });
      if (asked === this.#asked) this.#preview = preview;
    } catch (error) {
      if (asked === this.#asked) this.#previewError = describeError(error);
    }
  }
}
