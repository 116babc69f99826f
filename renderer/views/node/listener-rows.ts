import type { NodeState } from '../../../app/contract/node.ts';

export type Listener = NodeState['listeners'][number];

export interface ListenerRow {
  listener: Listener;
  /** To all its endpoints, since it listens. */
  connections: number;
}

export function listenerKey(listener: Listener): string {
  return `${listener.family} ${listener.protocol} ${listener.servicePort} ${listener.proxyPort}`;
}

export function listenerRows(listeners: readonly Listener[]): ListenerRow[] {
  return listeners.map((listener) => ({
    listener,
    connections: listener.endpoints.reduce((sum, { connections }) => sum + connections, 0),
  }));
}

/** `192.168.125.2:3306`, `[fd00:10:244::2]:3306`. */
export function endpointAddress({ ip, port }: { ip: string; port: number }): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
