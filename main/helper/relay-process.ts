/** The relay as a node's helper keeps it: started inside the node when needed, replaced when it dies, ended when idle. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { NetworkNamespace } from '../namespaces/network-namespace.ts';
import { programFile } from '../program-files.ts';
import {
  type ListeningReply,
  type ServedServicePort,
  type StatisticsReply,
  servicePortIdentity,
} from '../userspace/protocol.ts';
import { RelayClient, type ServedState } from '../userspace/relay-client.ts';
import { channelToChild } from './process-channel.ts';

interface RunningRelay {
  child: ChildProcess;
  client: RelayClient;
}

const LISTED_CONNECTIONS = 1000;

export class RelayProcess {
  readonly #node: NetworkNamespace | undefined;
  #relay: RunningRelay | undefined;
  #served: ServedState | undefined;
  #listening: ListeningReply['ports'] = [];
  #asking = 0;

  /** @param node the network namespace it runs in; this process's own without it */
  constructor(node?: NetworkNamespace) {
    this.#node = node;
  }

  /** Makes the served set what the state says. An empty set without a relay needs none. Throws RelayError. */
  async serve(state: ServedState): Promise<Pick<ListeningReply, 'ports' | 'failures'>> {
    this.#served = state;
    if (!this.#relay && state.servicePorts.length === 0) return { ports: [], failures: [] };
    this.#relay ??= this.#start();
    this.#asking++;
    try {
      const { ports, failures } = await this.#relay.client.serve(state);
      this.#listening = ports;
      return { ports, failures };
    } finally {
      this.#asking--;
    }
  }

  /** Undefined where no relay runs. Throws RelayError. */
  async statistics(): Promise<StatisticsReply | undefined> {
    return this.#relay?.client.statistics({ connections: LISTED_CONNECTIONS });
  }

  /** Ends the relay with all it serves. */
  close(): void {
    const relay = this.#relay;
    this.#relay = undefined;
    this.#served = undefined;
    relay?.child.kill('SIGKILL');
  }

  #start(): RunningRelay {
    const begin = (): ChildProcess =>
      spawn(process.execPath, [programFile('relay')], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const child = this.#node ? this.#node.run(begin) : begin();
    const client = new RelayClient(channelToChild(child), {
      onIdle: () => this.#idle(),
      onWarning: (message) => process.stderr.write(`${message}\n`),
    });
    child.on('close', (code, signal) => this.#ended(child, signal ?? `exit code ${code}`));
    return { child, client };
  }

  #idle(): void {
    // A request may have crossed the news on its way.
    if (this.#asking > 0 || this.#served?.servicePorts.length !== 0) return;
    const relay = this.#relay;
    this.#relay = undefined;
    this.#listening = [];
    relay?.child.kill('SIGKILL');
  }

  /** Rules lead to the ports it had: another takes its place there. */
  #ended(child: ChildProcess, how: string): void {
    if (this.#relay?.child !== child) return;
    this.#relay = undefined;
    const served = this.#served;
    if (!served?.servicePorts.length) return;
    process.stderr.write(`the relay has ended (${how}); starting another\n`);
    this.serve({ ...served, servicePorts: served.servicePorts.map((port) => this.#atItsPort(port)) }).catch(
      (error: unknown) => process.stderr.write(`the relay could not be replaced: ${String(error)}\n`),
    );
  }

  #atItsPort(servicePort: ServedServicePort): ServedServicePort {
    const identity = servicePortIdentity(servicePort);
    const before = this.#listening.find((port) => servicePortIdentity(port) === identity);
    return before && servicePort.proxyPort === undefined
      ? { ...servicePort, proxyPort: before.proxyPort }
      : servicePort;
  }
}
