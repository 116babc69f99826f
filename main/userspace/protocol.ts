/**
 * What the engine and the relay process tell each other over Node's IPC.
 *
 * Every `serve` is the whole state: sending it twice changes nothing, and what it leaves out drains. The
 * schemas are zod's mini flavour because they are bundled into the relay, whose memory counts: it costs
 * 1.5 MB there, the full one 4.5 MB.
 */
import * as z from 'zod/mini';

const port = z.int().check(z.gte(1), z.lte(65535));
const protocol = z.enum(['TCP', 'UDP']);
const family = z.enum(['IPv4', 'IPv6']);
const milliseconds = z.int().check(z.gte(1), z.lte(24 * 3600 * 1000));
const endpointV4 = z.object({ ip: z.ipv4(), port });
const endpointV6 = z.object({ ip: z.ipv6(), port });

/** `namespace/name:port`, the port's name being empty for a Service with one unnamed port. */
const servicePortFields = {
  key: z.string().check(z.regex(/^[^/:\s]+\/[^/:\s]+:[^/:\s]*$/, 'must be namespace/name:port')),
  protocol,
  /** Pins the port the proxy listens on; absent: the one it has, else one of `portRange` or of the kernel's choice. */
  proxyPort: z.optional(port),
  /** Absent: `sessionAffinity: None`. 86400 is the API's own limit. */
  sessionAffinity: z.optional(z.object({ timeoutSeconds: z.int().check(z.gte(1), z.lte(86400)) })),
};

const servedServicePort = z.discriminatedUnion('family', [
  z.object({ ...servicePortFields, family: z.literal('IPv4'), endpoints: z.array(endpointV4) }),
  z.object({ ...servicePortFields, family: z.literal('IPv6'), endpoints: z.array(endpointV6) }),
]);

const portRange = z
  .object({ from: port, to: port })
  .check(z.refine(({ from, to }) => from <= to, '`from` must not be above `to`'));

const serveRequest = z.object({
  type: z.literal('serve'),
  /** Echoed in the answer. */
  sequence: z.int(),
  servicePorts: z
    .array(servedServicePort)
    .check(z.refine(servicePortsDiffer, 'lists a service port of one protocol and family twice')),
  /** How long a UDP flow lives without a datagram; kube-proxy's `udpIdleTimeout`, 250 ms by default. */
  udpIdleTimeoutMs: milliseconds,
  /** Both ends included; kube-proxy's `portRange`. */
  portRange: z.optional(portRange),
  /**
   * How long a TCP listener outlives its service port: time for a SYN that the old rules have sent here,
   * its first retransmission included. Default 3 s.
   */
  tcpDrainGraceMs: z.optional(milliseconds),
  /**
   * How long a UDP socket outlives its service port's last datagram. Connection tracking goes on leading a
   * client's datagrams here, whatever the rules say now, until it has forgotten the client, which by
   * default takes it 120 s (nf_conntrack_udp_timeout_stream). So this, not the idle timeout of a flow, decides
   * when nobody can be left. Default 125 s.
   */
  udpDrainQuietMs: z.optional(milliseconds),
});

const statisticsRequest = z.object({
  type: z.literal('statistics'),
  sequence: z.int(),
  /** List up to this many live connections and flows, latest first. */
  connections: z.optional(z.int().check(z.gte(0), z.lte(10_000))),
});

export const relayRequestSchema = z.discriminatedUnion('type', [serveRequest, statisticsRequest]);

const servicePortId = { key: z.string(), protocol, family };

const failureCode = z.enum([
  'port-taken',
  'port-range-exhausted',
  'permission-denied',
  'family-unavailable',
  'too-many-open-files',
  'listen-failed',
]);

const listenFailure = z.object({ ...servicePortId, code: failureCode, message: z.string() });

const listening = z.object({
  type: z.literal('listening'),
  sequence: z.int(),
  ports: z.array(z.object({ ...servicePortId, proxyPort: port })),
  failures: z.array(listenFailure),
});

const endpointStatistics = z.object({
  ip: z.string(),
  port,
  /** Connections and UDP flows since the relay first heard of this endpoint, and those alive now. */
  connections: z.int(),
  live: z.int(),
  dialFailures: z.int(),
  bytesToEndpoint: z.number(),
  bytesFromEndpoint: z.number(),
});

const listenerStatistics = z.object({
  ...servicePortId,
  proxyPort: port,
  /** `draining`: no longer served, still open; `closed`: no listener any more, but connections that go on. */
  state: z.enum(['serving', 'draining', 'closed']),
  live: z.int(),
  accepted: z.int(),
  /** Accepted and closed at once: no endpoint, or none that took the connection. */
  refused: z.int(),
  affinityClients: z.int(),
  endpoints: z.array(endpointStatistics),
});

const liveConnection = z.object({
  ...servicePortId,
  client: z.string(),
  endpoint: z.string(),
  ageMs: z.number(),
  bytesToEndpoint: z.number(),
  bytesFromEndpoint: z.number(),
});

const statistics = z.object({
  type: z.literal('statistics'),
  sequence: z.int(),
  rssBytes: z.number(),
  listeners: z.array(listenerStatistics),
  connections: z.array(liveConnection),
});

export const relayReplySchema = z.discriminatedUnion('type', [
  /** The process is up and takes requests. */
  z.object({ type: z.literal('ready') }),
  listening,
  statistics,
  /** The request was not of this protocol; nothing of it was done. */
  z.object({ type: z.literal('rejected'), sequence: z.optional(z.int()), message: z.string() }),
  /** Nothing is served, nothing drains: the process may end. Sent once each time that becomes so. */
  z.object({ type: z.literal('idle') }),
  /** Something the user should know of, such as too few open files; the relay goes on. */
  z.object({ type: z.literal('warning'), message: z.string() }),
]);

export type ServedServicePort = z.infer<typeof servedServicePort>;
export type ServeRequest = z.infer<typeof serveRequest>;
export type StatisticsRequest = z.infer<typeof statisticsRequest>;
export type RelayRequest = z.infer<typeof relayRequestSchema>;
export type ListenFailure = z.infer<typeof listenFailure>;
export type ListenFailureCode = z.infer<typeof failureCode>;
export type ListeningReply = z.infer<typeof listening>;
export type ListenerStatistics = z.infer<typeof listenerStatistics>;
export type LiveConnection = z.infer<typeof liveConnection>;
export type StatisticsReply = z.infer<typeof statistics>;
export type RelayReply = z.infer<typeof relayReplySchema>;

/** One name for a service port of one protocol and family. */
export function servicePortIdentity(of: { key: string; protocol: string; family: string }): string {
  return `${of.key}/${of.protocol}/${of.family}`;
}

function servicePortsDiffer(
  servicePorts: readonly { key: string; protocol: string; family: string }[],
): boolean {
  return new Set(servicePorts.map(servicePortIdentity)).size === servicePorts.length;
}
