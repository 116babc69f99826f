/** The kube-proxy of the node: its mode, how it fares, and what each sync changed. */
import { z } from 'zod';
import { procedure } from './error.ts';
import { feed } from './feed.ts';
import { dialectSchema, proxyModeSchema, syncSchema } from './lab.ts';
import { chainNameSchema, ruleTextSchema } from './rule-model.ts';

/** How one chain (set or map) differs after a sync. At most 200 rules a list; the counts are whole. */
export const chainChangeSchema = chainNameSchema.extend({
  /** The chain is new, has gone, or has other rules. */
  kind: z.enum(['added', 'removed', 'changed']),
  added: z.array(ruleTextSchema),
  removed: z.array(ruleTextSchema),
  /** Rules that stayed and have another place among those that stayed. */
  moved: z.array(ruleTextSchema),
  addedCount: z.int(),
  removedCount: z.int(),
  movedCount: z.int(),
  /** `namespace/name` of the Services concerned, as far as known. */
  services: z.array(z.string()),
});
export type ChainChange = z.infer<typeof chainChangeSchema>;

/** A sync, and what it changed. At most 500 chains; `lines` tells how much was written in all. */
export const syncReportSchema = syncSchema.extend({
  chains: z.array(chainChangeSchema),
  /** Chains that changed beyond those listed. */
  moreChains: z.int(),
  added: z.int(),
  removed: z.int(),
  moved: z.int(),
});
export type SyncReport = z.infer<typeof syncReportSchema>;

export const engineStateSchema = z.object({
  mode: proxyModeSchema,
  dialect: dialectSchema,
  /** A mode that is being switched to; null when none is. */
  switchingTo: z.object({ mode: proxyModeSchema, dialect: dialectSchema }).nullable(),
  /** The cluster's API, as the engine sees it. */
  api: z.object({ connected: z.boolean(), reason: z.string().optional() }),
  /** Whether the lab's is on; null on other clusters, whose load balancers are their own business. */
  loadBalancer: z.boolean().nullable(),
  /** The last sync that wrote, or failed. */
  lastSync: syncSchema.nullable(),
  /** Rules of ours on the node, both families. */
  rules: z.int(),
  /** What the rules leave out, or do with reserve, as of the last sync. */
  warnings: z.array(z.string()),
  /** Addresses that it does not have are empty; all of it while no node is known. */
  node: z.object({ name: z.string(), ipv4: z.string(), ipv6: z.string() }),
  /** The lab's client outside; null on other clusters. */
  client: z.object({ ipv4: z.string(), ipv6: z.string() }).nullable(),
  /** The cluster's kubeconfig file, for `export KUBECONFIG=`. */
  kubeconfig: z.string(),
  version: z.string(),
});
export type EngineState = z.infer<typeof engineStateSchema>;

/** The state and the latest 100 syncs, oldest first; a sync's own list of changes may follow it by a moment. */
export const engineFeedStateSchema = z.object({
  engine: engineStateSchema,
  syncs: z.array(syncReportSchema),
});
export type EngineFeedState = z.infer<typeof engineFeedStateSchema>;

export const engineChangeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), engine: engineStateSchema }),
  z.object({ type: z.literal('sync'), sync: syncReportSchema }),
]);
export type EngineChange = z.infer<typeof engineChangeSchema>;

/** What a switch to a mode will do. */
export const modePreviewSchema = z.discriminatedUnion('supported', [
  z.object({ supported: z.literal(false), reason: z.string() }),
  z.object({
    supported: z.literal(true),
    /** Of ours, both families. */
    rulesNow: z.int(),
    rulesThen: z.int(),
    added: z.int(),
    removed: z.int(),
    chainsAdded: z.int(),
    chainsRemoved: z.int(),
    /** The kernel's tool that holds the rules then. */
    backend: z.enum(['iptables', 'nftables']),
    /** Ports the userspace proxy will listen on; 0 in the other modes. */
    listeners: z.int(),
    /** What the new mode cannot express, in words. */
    warnings: z.array(z.string()),
    /** The changes themselves, as a sync reports them. */
    chains: z.array(chainChangeSchema),
    moreChains: z.int(),
  }),
]);
export type ModePreview = z.infer<typeof modePreviewSchema>;

const modeInput = z.object({ mode: proxyModeSchema, dialect: dialectSchema });

export const engineContract = {
  watch: procedure.output(feed(engineFeedStateSchema, engineChangeSchema)),
  /** What `setMode` would change on the node, without changing it. */
  previewMode: procedure.input(modeInput).output(modePreviewSchema),
  /** Switches while traffic flows; answers when the node has the new rules. UNSUPPORTED leaves it as it was. */
  setMode: procedure.input(modeInput).output(engineStateSchema),
  /** The lab's load balancer: gives LoadBalancer Services an address outside, or takes it away. */
  setLoadBalancer: procedure.input(z.object({ enabled: z.boolean() })).output(engineStateSchema),
  /** Writes the whole of the rules anew, trusting nothing that is remembered of the node. */
  resync: procedure.output(engineStateSchema),
};
