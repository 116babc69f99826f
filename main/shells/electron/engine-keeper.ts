/** Has an engine running whenever a page asks for one: a page whose port was closed asks again. */
import type { MessagePortMain } from 'electron';
import { type EngineCommand, type EngineListener, EngineProcess } from './engine-process.ts';

/** An engine that ends at once is not started more often than this. */
const LEAST_INTERVAL_MS = 1000;

export class EngineKeeper {
  readonly #command: EngineCommand;
  readonly #listener: EngineListener;
  #engine: EngineProcess | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;
  #held = false;

  constructor(command: EngineCommand, listener: EngineListener) {
    this.#command = command;
    this.#listener = listener;
  }

  /** Of the engine that runs. */
  get pid(): number | undefined {
    return this.#engine?.running ? this.#engine.pid : undefined;
  }

  /** Starts an engine where none runs. */
  start(): void {
    if (this.#held || this.#engine?.running || performance.now() - this.#startedAt < LEAST_INTERVAL_MS)
      return;
    this.#startedAt = performance.now();
    this.#engine = new EngineProcess(this.#command, {
      ...this.#listener,
      failed: (message) => {
        // Nothing is tried again before the user has read why.
        this.#held = true;
        this.#listener.failed(message);
      },
    });
  }

  /** After a failure: what hindered it may have gone. */
  retry(): void {
    this.#held = false;
    this.#startedAt = Number.NEGATIVE_INFINITY;
    this.start();
  }

  /** Gives the page an engine. A port that is closed at once means: not now, ask again. */
  connect(port: MessagePortMain): void {
    this.start();
    if (this.#engine?.running) this.#engine.connect(port);
    else port.close();
  }

  async stop(): Promise<void> {
    this.#held = true;
    await this.#engine?.stop();
  }
}
