import { endpointKey } from '../../app/proxy/userspace/load-balancer.ts';
import type { Backend } from './backend.ts';
import type { Listener } from './listener.ts';
import type { LiveRelay } from './live-relays.ts';
import type { ListenerStatistics, LiveConnection, StatisticsReply, StatisticsRequest } from './protocol.ts';
import type { ServicePort } from './service-port.ts';

/** What the listeners have done and are doing. Bytes are the payload's; `ageMs` counts from the accept. */
export function collectStatistics(
  listeners: Iterable<Listener>,
  request: StatisticsRequest,
  now: number,
): StatisticsReply {
  const all = [...listeners];
  const servicePorts = new Set(all.map((listener) => listener.servicePort));
  return {
    type: 'statistics',
    sequence: request.sequence,
    rssBytes: residentBytes(),
    listeners: all.map(listenerStatistics),
    connections: latestConnections(servicePorts, request.connections ?? 0, now),
  };
}

/** Without a free descriptor Node cannot read it: then its highest so far. */
function residentBytes(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

/**
 * One listener's entry. The counts belong to the service port: where an earlier listener of it still has
 * connections, both entries show the same ones.
 */
function listenerStatistics({ servicePort, proxyPort, state }: Listener): ListenerStatistics {
  const { key, protocol, family, live, accepted, refused, balancer } = servicePort;
  const liveBytes = new Map<Backend, { to: number; from: number }>();
  for (const { backend, bytesTo, bytesFrom } of live) {
    const sum = liveBytes.get(backend) ?? { to: 0, from: 0 };
    liveBytes.set(backend, { to: sum.to + bytesTo, from: sum.from + bytesFrom });
  }
  return {
    key,
    protocol,
    family,
    proxyPort,
    state,
    live: live.size,
    accepted,
    refused,
    affinityClients: balancer.affinityCount,
    endpoints: Array.from(servicePort.backends, (backend) => ({
      ip: backend.ip,
      port: backend.port,
      connections: backend.connections,
      live: backend.live,
      dialFailures: backend.dialFailures,
      bytesToEndpoint: backend.bytesTo + (liveBytes.get(backend)?.to ?? 0),
      bytesFromEndpoint: backend.bytesFrom + (liveBytes.get(backend)?.from ?? 0),
    })),
  };
}

function latestConnections(
  servicePorts: Iterable<ServicePort>,
  limit: number,
  now: number,
): LiveConnection[] {
  if (limit === 0) return [];
  const all: { servicePort: ServicePort; relay: LiveRelay }[] = [];
  for (const servicePort of servicePorts) {
    for (const relay of servicePort.live) all.push({ servicePort, relay });
  }
  all.sort((left, right) => right.relay.startedAt - left.relay.startedAt);
  return all.slice(0, limit).map(({ servicePort: { key, protocol, family }, relay }) => ({
    key,
    protocol,
    family,
    client: relay.client,
    endpoint: endpointKey(relay.backend),
    ageMs: now - relay.startedAt,
    bytesToEndpoint: relay.bytesTo,
    bytesFromEndpoint: relay.bytesFrom,
  }));
}
