/** Ports of this computer that lead into the lab, as if from the client outside. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import type { ResolvedTarget } from '../../../app/contract/lab.ts';
import type { Forwarder, TrafficResult } from '../../../app/contract/traffic.ts';
import type { FromForwarder } from '../../forwarder/protocol.ts';
import { failureKindOf } from '../../probe/failure.ts';
import { contractError } from '../refusals.ts';
import { ForwarderProcess } from './forwarder-process.ts';
import { sendFromHere } from './send-from-here.ts';
import type { TrafficWay } from './traffic-places.ts';

const HERE = '127.0.0.1';
const MOST = 64;

interface OpenForwarder {
  forwarder: Forwarder;
  /** Why connections into the lab failed that nobody here has been told of yet. */
  failures: string[];
}

export interface ForwardersOptions {
  supervisorPid: number;
  /** @throws ORPCError NOT_FOUND */
  resolveTarget: (target: string) => ResolvedTarget;
  log: (line: string) => void;
}

export class Forwarders {
  readonly #options: ForwardersOptions;
  readonly #open = new Map<string, OpenForwarder>();
  #process: ForwarderProcess | undefined;

  constructor(options: ForwardersOptions) {
    this.#options = options;
  }

  /** Opens the port of the target's own number, unless that is open already. */
  async open(text: string, asked?: 'TCP' | 'UDP'): Promise<Forwarder> {
    const target = this.#options.resolveTarget(text);
    const protocol = asked ?? target.protocol;
    if (protocol === 'SCTP')
      throw contractError('REFUSED', `${text} is an SCTP port; TCP and UDP are forwarded`);
    const id = `${protocol.toLowerCase()}-${target.port}`;
    const there = this.#open.get(id)?.forwarder;
    if (there && there.address === target.address) return there;
    if (there) {
      const leads = `${there.address}:${there.targetPort}`;
      throw contractError(
        'REFUSED',
        `port ${there.port} of this computer leads to ${leads} already: close that first`,
      );
    }
    if (this.#open.size >= MOST)
      throw contractError('REFUSED', `${MOST} ports are open already: close one first`);
    const { address, port, service } = target;
    const socket = protocol === 'TCP' ? await listen(port) : await bind(port);
    const forwarder: Forwarder = {
      id,
      port,
      protocol,
      address,
      targetPort: port,
      ...(service === undefined ? {} : { service }),
      connections: 0,
    };
    this.#open.set(id, { forwarder, failures: [] });
    try {
      await this.#running().open({ type: 'open', id, protocol, address, port }, socket);
    } catch (error) {
      this.#open.delete(id);
      const cause = error instanceof Error ? error.message : String(error);
      throw contractError('FAILED', 'the forwarder could not be started', cause);
    } finally {
      // The forwarder has it now; this process is not to accept beside it.
      socket.close();
    }
    return this.#open.get(id)?.forwarder ?? forwarder;
  }

  list(): Forwarder[] {
    return [...this.#open.values()].map(({ forwarder }) => forwarder);
  }

  /** Resolves when the port is free again: whoever closes may open it anew. */
  async close(id: string): Promise<void> {
    if (!this.#open.delete(id)) throw contractError('NOT_FOUND', 'there is no such forwarder');
    const process = this.#process;
    // The last one ends the process; one that is opened meanwhile starts another.
    if (this.#open.size === 0) this.#process = undefined;
    await process?.close(id);
    if (this.#process !== process) process?.end();
  }

  closeAll(): void {
    this.#open.clear();
    this.#process?.end();
    this.#process = undefined;
  }

  /** How requests get from this computer to the target, the port for them opened if need be. */
  async way(target: string, protocol: 'TCP' | 'UDP'): Promise<TrafficWay> {
    const { id, port } = await this.open(target, protocol);
    return {
      address: HERE,
      port,
      send: sendFromHere,
      explain: (result) => this.#explained(id, result),
    };
  }

  /** What was broken off here was refused, or not answered, there. */
  #explained(id: string, result: TrafficResult): TrafficResult {
    if (!result.failure) return result;
    const code = this.#open.get(id)?.failures.shift();
    return code === undefined ? result : { ...result, failure: { kind: failureKindOf(code), code } };
  }

  #running(): ForwarderProcess {
    this.#process ??= new ForwarderProcess(this.#options.supervisorPid, {
      message: (message) => this.#take(message),
      ended: (process, how) => {
        if (this.#process !== process) return;
        this.#process = undefined;
        this.#options.log(`the forwarder has ended (${how}): its ${this.#open.size} ports are closed`);
        this.#open.clear();
      },
    });
    return this.#process;
  }

  #take(message: FromForwarder): void {
    if (message.type !== 'connections' && message.type !== 'failed') return;
    const open = this.#open.get(message.id);
    if (!open) return;
    if (message.type === 'connections') open.forwarder = { ...open.forwarder, connections: message.count };
    else open.failures = [...open.failures, message.code].slice(-10_000);
  }
}

function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, port, 'TCP')));
    server.listen({ host: HERE, port, exclusive: true }, () => resolve(server));
  });
}

function bind(port: number): Promise<DatagramSocket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, port, 'UDP')));
    socket.bind({ address: HERE, port, exclusive: true }, () => resolve(socket));
  });
}

function refusal(error: NodeJS.ErrnoException, port: number, protocol: string): Error {
  const which = `port ${port}/${protocol} of this computer`;
  if (error.code === 'EADDRINUSE') {
    const message = `${which} is taken by another program: end that, or give the Service another port`;
    return contractError('REFUSED', message, error.message);
  }
  if (error.code === 'EACCES') {
    const message = `${which} is one that only root may listen on: give the Service a port above 1023`;
    return contractError('REFUSED', message, error.message);
  }
  return error;
}
