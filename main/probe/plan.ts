import { z } from 'zod';

/** What the prober is asked to do, as one line of JSON on its standard input. */
const address = z.union([z.ipv4(), z.ipv6()]);

export const probePlanSchema = z.object({
  address,
  /** The address to send from, of the target's family; absent: routing's choice. */
  localAddress: address.optional(),
  port: z.int().min(1).max(65535),
  protocol: z.enum(['http', 'tcp', 'udp']),
  requests: z.int().min(1).max(1_000_000),
  concurrency: z.int().min(1).max(10_000),
  keepAlive: z.boolean(),
  timeoutMs: z.int().min(1).max(600_000),
});

export type ProbePlan = z.infer<typeof probePlanSchema>;
