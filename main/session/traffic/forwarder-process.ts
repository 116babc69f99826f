/** The forwarder's process, in the lab's client namespace. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { type FromForwarder, fromForwarderSchema, type ToForwarder } from '../../forwarder/protocol.ts';
import { inPlace } from '../../lab/place.ts';
import { programFile } from '../../program-files.ts';

export interface ForwarderProcessEvents {
  message: (message: FromForwarder) => void;
  /** It ended by itself. */
  ended: (process: ForwarderProcess, how: string) => void;
}

export class ForwarderProcess {
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;
  readonly #opening = new Map<string, () => void>();
  readonly #closing = new Map<string, () => void>();
  readonly #gone: Promise<never>;
  #asked = false;
  #stderr = '';

  constructor(supervisorPid: number, events: ForwarderProcessEvents) {
    const [command, ...args] = inPlace(supervisorPid, 'client', [process.execPath, programFile('forwarder')]);
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4096);
    });
    const ready = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<never>();
    this.#ready = ready.promise;
    this.#gone = gone.promise;
    // Whoever opens a port next learns of it.
    gone.promise.catch(() => {});
    child.on('message', (data) => {
      const message = fromForwarderSchema.parse(data);
      if (message.type === 'ready') ready.resolve();
      else if (message.type === 'opened') this.#opening.get(message.id)?.();
      else if (message.type === 'closed') this.#closing.get(message.id)?.();
      events.message(message);
    });
    child.on('error', (error) => gone.reject(error));
    child.on('close', (code, signal) => {
      const how = this.#stderr.trim() || (signal ? `ended by ${signal}` : `exit code ${code}`);
      gone.reject(new Error(how));
      if (!this.#asked) events.ended(this, how);
    });
  }

  /** Hands the socket over. Rejects where the process has ended. */
  async open(
    message: Extract<ToForwarder, { type: 'open' }>,
    socket: Server | DatagramSocket,
  ): Promise<void> {
    const opened = new Promise<void>((resolve) => this.#opening.set(message.id, resolve));
    await Promise.race([this.#ready, this.#gone]);
    this.#child.send(message, socket, () => {});
    await Promise.race([opened, this.#gone]).finally(() => this.#opening.delete(message.id));
  }

  /** Resolves when the port is free, or the process that held it has gone. */
  async close(id: string): Promise<void> {
    const message: ToForwarder = { type: 'close', id };
    if (!this.#child.connected) return;
    const closed = new Promise<void>((resolve) => this.#closing.set(id, resolve));
    this.#child.send(message, () => {});
    await Promise.race([closed, this.#gone.catch(() => {})]).finally(() => this.#closing.delete(id));
  }

  /** The program ends with its channel; what nsenter forked ends with nsenter. */
  end(): void {
    this.#asked = true;
    if (this.#child.connected) this.#child.disconnect();
    this.#child.kill();
  }
}
