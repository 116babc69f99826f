/**
 * What the user interface and the commands ask of a running lab: one contract, whatever carries it.
 * Everything that crosses is validated by these schemas at the border.
 */
import { oc } from '@orpc/contract';
import { z } from 'zod';

export const proxyModeSchema = z.enum(['userspace', 'iptables', 'nftables']);
export const dialectSchema = z.enum(['current', 'classic']);

export const syncSchema = z.object({
  number: z.int(),
  at: z.string(),
  durationMs: z.number(),
  mode: proxyModeSchema,
  dialect: dialectSchema,
  full: z.boolean(),
  rules: z.int(),
  lines: z.int(),
  warnings: z.array(z.string()),
  error: z.string().optional(),
});

export const labStatusSchema = z.object({
  pid: z.int(),
  mode: proxyModeSchema,
  dialect: dialectSchema,
  node: z.object({ name: z.string(), ipv4: z.string(), ipv6: z.string() }),
  client: z.object({ ipv4: z.string(), ipv6: z.string() }),
  pods: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      ip: z.string(),
      phase: z.string(),
      ready: z.boolean(),
    }),
  ),
  services: z.int(),
  /** The cluster's API as the engine sees it. */
  api: z.object({ connected: z.boolean(), reason: z.string().optional() }),
  lastSync: syncSchema.optional(),
  kubeconfig: z.string(),
  /** Where the user interface is; null where none is served. */
  ui: z.string().nullable(),
  loadBalancer: z.boolean(),
});

export type LabStatus = z.infer<typeof labStatusSchema>;

/** A probe's target, found: where to send to, and what explains a failure. */
export const resolvedTargetSchema = z.object({
  address: z.string(),
  port: z.int(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']),
  way: z.enum(['address', 'clusterIP', 'nodePort', 'loadBalancer', 'externalIP', 'localhost']),
  service: z.string().optional(),
  servicePort: z.string().optional(),
  /** Of the Service, in the address's family; absent where the target is none. */
  readyEndpoints: z.int().optional(),
  /** Of the node's kube-proxy at that moment; null where nobody knows it. */
  mode: proxyModeSchema.nullable(),
  dialect: dialectSchema.nullable(),
});
export type ResolvedTarget = z.infer<typeof resolvedTargetSchema>;

const targetInLabSchema = resolvedTargetSchema.extend({ mode: proxyModeSchema, dialect: dialectSchema });
export type TargetInLab = z.infer<typeof targetInLabSchema>;

export const labContract = {
  status: oc.output(labStatusSchema),
  /** Switches the mode while traffic flows; answers when the node has the new rules. */
  setMode: oc
    .input(z.object({ mode: proxyModeSchema, dialect: dialectSchema.optional() }))
    .errors({ UNSUPPORTED: { message: 'the node cannot do this mode' } })
    .output(labStatusSchema),
  /** The lab's load balancer: gives LoadBalancer Services an address outside, or takes it away. */
  setLoadBalancer: oc.input(z.object({ enabled: z.boolean() })).output(labStatusSchema),
  /** Finds what `mysql-service/nodePort`, `mysql-service:3306` or an address is now. */
  resolveTarget: oc
    .input(z.object({ target: z.string().max(1024) }))
    .errors({ BAD_TARGET: { message: 'no such target' } })
    .output(targetInLabSchema),
  /** The userspace proxy's listeners and what they carry; null where none runs. */
  relayStatistics: oc.output(z.unknown()),
};
