/** What listens on a node beside its rules: the userspace proxy, and the servers of health check node ports. */
import { z } from 'zod';
import type { HealthCheckState } from '../../app/proxy/health-checks.ts';
import { type ListeningReply, relayRequestSchema, type StatisticsReply } from '../userspace/protocol.ts';
import type { ServedState } from '../userspace/relay-client.ts';
import type { HealthCheckFailure } from './health-check-servers.ts';
import { verb } from './verb-channel.ts';

export const dnsName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
export const port = z.int().min(1).max(65535);

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

export const listeningVerbs = {
  /** Makes the userspace proxy's listeners on the node what the request says. */
  serveServicePorts: verb<ServedState, Pick<ListeningReply, 'ports' | 'failures'>>(serveOptionsSchema),
  /** Undefined where no relay runs. */
  relayStatistics: verb<Record<string, never>, StatisticsReply | undefined>(z.strictObject({})),
  /** Makes the HTTP servers behind the node's health check node ports what the state says. */
  serveHealthChecks: verb<HealthCheckState, HealthCheckFailure[]>(healthChecksSchema),
};
