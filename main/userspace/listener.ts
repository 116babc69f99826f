import type { Datagrams } from './datagrams.ts';
import type { DialSockets } from './dial-sockets.ts';
import type { EventLoop } from './event-loop.ts';
import type { PipePool } from './pipe-pool.ts';
import type { ServicePort } from './service-port.ts';

/** What every listener of the process shares. */
export interface RelayContext {
  readonly loop: EventLoop;
  readonly pipes: PipePool;
  readonly dialSockets: DialSockets;
  readonly datagrams: Datagrams;
  /** Changes with each `serve`; read when needed. */
  readonly settings: RelaySettings;
  readonly warn: (message: string) => void;
}

export interface RelaySettings {
  udpIdleTimeoutMs: number;
  tcpDrainGraceMs: number;
  udpDrainQuietMs: number;
}

/**
 * A service port's proxy port, of either protocol.
 *
 * `drain` tells that the rules lead here no longer. The listener goes on with what it has and, for a while,
 * takes what comes late; then it closes, and when its last connection has ended too it reports itself
 * finished. Until it has closed, `resume` puts it back to work; `close` closes it at once, leaving its
 * connections be.
 */
export interface Listener {
  readonly servicePort: ServicePort;
  readonly proxyPort: number;
  readonly state: 'serving' | 'draining' | 'closed';
  drain(): void;
  /** False where it has closed already. */
  resume(): boolean;
  close(): void;
}
