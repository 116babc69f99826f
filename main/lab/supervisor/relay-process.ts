/** The relay as the supervisor keeps it: started inside the node when needed, replaced when it dies, ended when idle. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { NetworkNamespace } from '../../namespaces/network-namespace.ts';
import { programFile } from '../../program-files.ts';
import {
  type ListeningReply,
  type RelayReply,
  relayReplySchema,
  type ServedServicePort,
  type ServeRequest,
  type StatisticsReply,
  servicePortIdentity,
} from '../../userspace/protocol.ts';

type ServeOptions = Omit<ServeRequest, 'type' | 'sequence'>;

interface PendingReply {
  resolve(reply: RelayReply): void;
  reject(error: Error): void;
}

export class RelayProcess {
  readonly #node: NetworkNamespace;
  #child: ChildProcess | undefined;
  #nextSequence = 1;
  readonly #pending = new Map<number, PendingReply>();
  #served: ServeOptions | undefined;
  #listening: ListeningReply['ports'] = [];

  constructor(node: NetworkNamespace) {
    this.#node = node;
  }

  /** Makes the served set what the request says. An empty set without a relay needs none. */
  async serve(request: ServeOptions): Promise<Pick<ListeningReply, 'ports' | 'failures'>> {
    this.#served = request;
    if (!this.#child && request.servicePorts.length === 0) return { ports: [], failures: [] };
    const reply = await this.#ask({ type: 'serve', ...request });
    if (reply.type !== 'listening') throw new Error(`the relay answered ${reply.type} to serve`);
    this.#listening = reply.ports;
    return { ports: reply.ports, failures: reply.failures };
  }

  async statistics(): Promise<StatisticsReply | undefined> {
    if (!this.#child) return undefined;
    const reply = await this.#ask({ type: 'statistics', connections: 1000 });
    return reply.type === 'statistics' ? reply : undefined;
  }

  #ask(
    request: ({ type: 'serve' } & ServeOptions) | { type: 'statistics'; connections: number },
  ): Promise<RelayReply> {
    this.#child ??= this.#start();
    const child = this.#child;
    const sequence = this.#nextSequence++;
    return new Promise((resolve, reject) => {
      this.#pending.set(sequence, { resolve, reject });
      child.send({ ...request, sequence }, (error) => {
        if (!error) return;
        this.#pending.delete(sequence);
        reject(error);
      });
    });
  }

  #start(): ChildProcess {
    const child = this.#node.run(() =>
      spawn(process.execPath, [programFile('relay')], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    );
    child.on('message', (message) => this.#receive(child, message));
    child.on('close', (code, signal) => this.#ended(child, signal ?? `exit code ${code}`));
    child.on('error', (error) => this.#ended(child, error.message));
    return child;
  }

  #receive(child: ChildProcess, message: unknown): void {
    const parsed = relayReplySchema.safeParse(message);
    if (!parsed.success) return;
    const reply = parsed.data;
    if (reply.type === 'idle') {
      // A request may have crossed it on the way.
      if (this.#served?.servicePorts.length === 0 && this.#pending.size === 0) this.#end(child);
      return;
    }
    if (reply.type === 'warning') {
      process.stderr.write(`${reply.message}\n`);
      return;
    }
    if (reply.type === 'ready' || reply.sequence === undefined) return;
    const pending = this.#pending.get(reply.sequence);
    this.#pending.delete(reply.sequence);
    if (reply.type === 'rejected')
      pending?.reject(new Error(`the relay refused the request: ${reply.message}`));
    else pending?.resolve(reply);
  }

  #end(child: ChildProcess): void {
    this.#child = undefined;
    this.#listening = [];
    child.kill('SIGKILL');
  }

  /** Rules lead to the ports it had: another takes its place there. */
  #ended(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const { reject } of this.#pending.values()) reject(new Error(`the relay has ended (${how})`));
    this.#pending.clear();
    const served = this.#served;
    if (!served?.servicePorts.length) return;
    process.stderr.write(`the relay has ended (${how}); starting another\n`);
    const ports = new Map(this.#listening.map((port) => [servicePortIdentity(port), port.proxyPort]));
    const servicePorts = served.servicePorts.map((servicePort): ServedServicePort => {
      const proxyPort = servicePort.proxyPort ?? ports.get(servicePortIdentity(servicePort));
      return proxyPort === undefined ? servicePort : { ...servicePort, proxyPort };
    });
    void this.serve({ ...served, servicePorts }).catch((error: unknown) => {
      process.stderr.write(`the relay could not be replaced: ${String(error)}\n`);
    });
  }
}
