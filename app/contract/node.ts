/** The node: what it can do, who listens there, which connections the kernel tracks. */
import { z } from 'zod';
import { procedure } from './error.ts';
import { feed } from './feed.ts';
import { familySchema } from './rule-model.ts';

const toolSchema = z.discriminatedUnion('available', [
  z.object({ available: z.literal(true), version: z.string(), backend: z.string().optional() }),
  z.object({ available: z.literal(false), reason: z.string() }),
]);

export const nodeInfoSchema = z.object({
  name: z.string(),
  ipv4: z.string(),
  ipv6: z.string(),
  /** Where it is: `embedded-lab`, or a target as `attach` takes it. */
  target: z.string(),
  kernel: z.string(),
  /** `iptables`, `ip6tables`, `nft`, `conntrack`, `nfacct`, each with its version or the reason it is missing. */
  capabilities: z.record(z.string(), toolSchema),
});
export type NodeInfo = z.infer<typeof nodeInfoSchema>;

export const listenerSchema = z.object({
  /** `namespace/name:port` */
  servicePort: z.string(),
  protocol: z.enum(['TCP', 'UDP']),
  family: familySchema,
  proxyPort: z.int(),
  state: z.enum(['serving', 'draining', 'closed']),
  live: z.int(),
  accepted: z.int(),
  refused: z.int(),
  affinityClients: z.int(),
  endpoints: z.array(
    z.object({
      ip: z.string(),
      port: z.int(),
      connections: z.int(),
      live: z.int(),
      dialFailures: z.int(),
      bytesToEndpoint: z.number(),
      bytesFromEndpoint: z.number(),
    }),
  ),
});

export const connectionSchema = z.object({
  servicePort: z.string(),
  protocol: z.enum(['TCP', 'UDP']),
  family: familySchema,
  client: z.string(),
  endpoint: z.string(),
  ageMs: z.number(),
  bytesToEndpoint: z.number(),
  bytesFromEndpoint: z.number(),
});

export const conntrackSchema = z.object({
  family: familySchema,
  protocol: z.enum(['tcp', 'udp', 'sctp']),
  source: z.string(),
  sourcePort: z.int(),
  destination: z.string(),
  destinationPort: z.int(),
  /** The reply's source: the endpoint that the rules chose. */
  replySource: z.string(),
  replySourcePort: z.int(),
});

export const nodeStateSchema = z.object({
  /** Of the userspace proxy; empty in the other modes. */
  listeners: z.array(listenerSchema),
  /** The latest 200. */
  connections: z.array(connectionSchema),
  relayBytes: z.number().nullable(),
  /** The first 1,000 that the kernel lists. */
  conntrack: z.array(conntrackSchema),
  conntrackCount: z.int(),
  /** Why there are none, where the tool is missing; else null. */
  conntrackError: z.string().nullable(),
  sysctls: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type NodeState = z.infer<typeof nodeStateSchema>;

export const nodeContract = {
  info: procedure.output(nodeInfoSchema),
  /** Read every `intervalMs`; whole states, sent where they differ from the one before. */
  watch: procedure
    .input(z.object({ intervalMs: z.int().min(500).max(60_000).default(1000) }))
    .output(feed(nodeStateSchema, z.never())),
};
