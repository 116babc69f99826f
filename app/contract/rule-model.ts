/** Rules as the interface shows them: one line each, with what is known of them. */
import { z } from 'zod';
import type { Origin } from '../ruleset/origin.ts';

export const familySchema = z.enum(['IPv4', 'IPv6']);

/** Why a rule exists, as `app/ruleset/origin.ts` has it. */
const originSchema: z.ZodType<Origin> = z.custom<Origin>(
  (value) => typeof value === 'object' && value !== null && 'kind' in value,
);

export const ruleTextSchema = z.object({
  /**
   * The rule without its chain and comment, in its tool's own syntax: `-d 10.254.1.2/32 -p tcp -m tcp
   * --dport 80 -j KUBE-SVC-…`, `ip daddr 10.254.1.2 tcp dport 80 goto service-…`; an element of a set or
   * map: `10.254.1.2 . tcp . 80 : goto service-…`.
   */
  text: z.string(),
  comment: z.string().optional(),
  /** The chain it jumps or goes to, when it is one of those shown. */
  jump: z.string().optional(),
  /** What it does with a packet, in one word: `jump`, `DNAT`, `REJECT`, `MASQUERADE`, `RETURN`, `` for nothing. */
  verdict: z.string(),
  /** `namespace/name` of the Service it works for; absent in the frame and in foreign rules. */
  service: z.string().optional(),
  /** The Service port: `namespace/name:port/TCP`. */
  servicePort: z.string().optional(),
  /** Absent where the rule is not ours, or its cause is not known. */
  origin: originSchema.optional(),
});
export type RuleText = z.infer<typeof ruleTextSchema>;

/** What names a chain, set or map on the node. */
export const chainNameSchema = z.object({
  family: familySchema,
  /** `nat`, `filter`…; in nftables mode `kube-proxy`. */
  table: z.string(),
  chain: z.string(),
});
export type ChainName = z.infer<typeof chainNameSchema>;

export const shownRuleSchema = ruleTextSchema.extend({
  /** Packets and bytes so far; absent where the kernel counts none (nftables rules without a counter). */
  packets: z.number().optional(),
  bytes: z.number().optional(),
});
export type ShownRule = z.infer<typeof shownRuleSchema>;

export const shownChainSchema = chainNameSchema.extend({
  kind: z.enum(['chain', 'set', 'map']),
  /** Built in (iptables) or hooked (nftables): where packets enter. */
  base: z
    .object({ hook: z.string(), priority: z.string().optional(), policy: z.string().optional() })
    .optional(),
  comment: z.string().optional(),
  /** kube-proxy's own; foreign chains and rules are shown and never touched. */
  ours: z.boolean(),
  rules: z.array(shownRuleSchema),
});
export type ShownChain = z.infer<typeof shownChainSchema>;
