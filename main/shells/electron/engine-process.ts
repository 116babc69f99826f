/** The process that runs the lab and its kube-proxy: our Node, a child of Electron's main process. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { MessagePortMain } from 'electron';
import {
  type FromEngine,
  fromEngineSchema,
  packPortData,
  type ToEngine,
  unpackPortData,
} from '../ports/port-messages.ts';

export interface EngineCommand {
  node: string;
  engine: string;
  dataDir: string;
}

export interface EngineListener {
  ready(lab: { kubeconfig: string; nodeIP: string }): void;
  /** The lab did not start; why, for people. */
  failed(message: string): void;
  /** The process has gone, and was not asked to. */
  ended(how: string): void;
}

/** The lab takes its node down in this time, and its supervisor ends with it in any case. */
const STOP_MS = 5000;

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #listener: EngineListener;
  readonly #ports = new Map<number, MessagePortMain>();
  #nextPort = 1;
  #stopping = false;
  #failed = false;

  constructor({ node, engine, dataDir }: EngineCommand, listener: EngineListener) {
    this.#listener = listener;
    // A process group of its own: ^C in the terminal is for us, and we end it in order.
    this.#child = spawn(node, ['--max-semi-space-size=2', engine, '--data', dataDir], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.#child.on('message', (message) => this.#take(message));
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#gone(error.message, resolve));
      this.#child.once('exit', (code, signal) =>
        this.#gone(signal ? `ended by ${signal}` : `exit code ${code}`, resolve),
      );
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.connected;
  }

  /** Carries a page's port to the engine, until either ends. */
  connect(port: MessagePortMain): void {
    const number = this.#nextPort++;
    this.#ports.set(number, port);
    this.#send({ type: 'open', port: number });
    port.on('message', ({ data }) => this.#send({ type: 'message', port: number, data: packPortData(data) }));
    port.on('close', () => {
      if (this.#ports.delete(number)) this.#send({ type: 'close', port: number });
    });
    port.start();
  }

  /** Ends the lab; resolves when the process has gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.connected) this.#child.disconnect();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(late);
  }

  #send(message: ToEngine): void {
    // What is sent to a process that is going is as lost as it would be a moment later: its ports are closed.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #take(text: unknown): void {
    const parsed = fromEngineSchema.safeParse(text);
    if (!parsed.success) throw new Error(`the engine said what it should not: ${parsed.error.message}`);
    this.#handle(parsed.data);
  }

  #handle(message: FromEngine): void {
    if (message.type === 'ready') this.#listener.ready(message);
    else if (message.type === 'failed') {
      this.#failed = true;
      this.#listener.failed(message.message);
    } else if (message.type === 'message') {
      this.#ports.get(message.port)?.postMessage(unpackPortData(message.data));
    } else if (message.type === 'close') {
      this.#ports.get(message.port)?.close();
      this.#ports.delete(message.port);
    }
  }

  #gone(how: string, resolve: () => void): void {
    for (const port of this.#ports.values()) port.close();
    this.#ports.clear();
    resolve();
    if (!this.#stopping && !this.#failed) this.#listener.ended(how);
  }
}
