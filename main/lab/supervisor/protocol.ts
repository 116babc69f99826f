import { z } from 'zod';
import type { HealthCheckState } from '../../../app/proxy/health-checks.ts';
import type { HealthCheckFailure } from '../../helper/health-check-servers.ts';
import { nodeVerbs } from '../../helper/node-protocol.ts';
import { verb } from '../../helper/verb-channel.ts';
import { type ListeningReply, relayRequestSchema, type StatisticsReply } from '../../userspace/protocol.ts';
import type { ServedState } from '../../userspace/relay-client.ts';

const dnsName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
const port = z.int().min(1).max(65535);

export const podSpecSchema = z.object({
  uid: z.string().min(1).max(128),
  namespace: dnsName,
  name: dnsName,
  ip: z.ipv4(),
  ip6: z.ipv6(),
  containers: z
    .array(
      z.object({
        name: z.string().max(63),
        image: z.string().max(1024),
        ports: z
          .array(
            z.object({
              containerPort: port,
              protocol: z.enum(['TCP', 'UDP', 'SCTP']),
              name: z.string().max(63).optional(),
            }),
          )
          .max(256),
      }),
    )
    .max(64),
});

/** A pod as the supervisor starts it. */
export type PodSpec = z.infer<typeof podSpecSchema>;

/** The relay's own schema, which the relay applies again: its border is another process's. */
const serveOptionsSchema = z.custom<ServedState>(
  (value) => relayRequestSchema.safeParse({ ...(value as object), type: 'serve', sequence: 0 }).success,
  'not a request the relay takes',
);

const healthChecksSchema = z.strictObject({
  services: z
    .array(
      z.strictObject({
        namespace: dnsName,
        name: dnsName,
        port,
        localEndpoints: z.int().min(0),
      }),
    )
    .max(10_000),
  addresses: z.array(z.union([z.ipv4(), z.ipv6()])).max(1024),
  serviceProxyHealthy: z.boolean(),
});

/** What the lab's supervisor does: a node's verbs, and those that make the lab's world. */
export const supervisorVerbs = {
  ...nodeVerbs,
  /** Makes node, client and the wire between them; the first call. */
  createNetwork: verb<Record<string, never>, void>(z.strictObject({})),
  startPod: verb<PodSpec, void>(podSpecSchema),
  /** Makes the userspace proxy's listeners on the node what the request says. */
  serveServicePorts: verb<ServedState, Pick<ListeningReply, 'ports' | 'failures'>>(serveOptionsSchema),
  /** Undefined where no relay runs. */
  relayStatistics: verb<Record<string, never>, StatisticsReply | undefined>(z.strictObject({})),
  /** Makes the HTTP servers behind the node's health check node ports what the state says. */
  serveHealthChecks: verb<HealthCheckState, HealthCheckFailure[]>(healthChecksSchema),
  stopPod: verb<{ uid: string }, void>(z.strictObject({ uid: z.string() })),
};

export type SupervisorVerbs = typeof supervisorVerbs;
