/**
 * The published shape of `--format json`: the ruleset model, word for word, with each rule's text beside it.
 *
 * The one text of it: `resources/schemas/ruleset.schema.json` is made from it, and the compiler holds it against
 * the model.
 */
import { z } from 'zod';

const family = z.enum(['IPv4', 'IPv6']);
const protocol = z.enum(['TCP', 'UDP', 'SCTP']);
const field = z.string().describe("The field's path in the object's JSON: spec.ports[0].nodePort");

export const originSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.enum(['Service', 'EndpointSlice', 'Node', 'ServiceCIDR']),
      namespace: z.string().optional(),
      name: z.string(),
      field,
    }),
    z.object({ kind: z.literal('KubeProxyConfiguration'), field }),
    z.object({ kind: z.literal('kube-proxy') }).describe('Written whatever the cluster holds'),
    z.object({ kind: z.literal('unknown') }).describe('Read back from a node, its cause not told'),
  ])
  .describe('Why the rule is there: the one field whose change would change or remove it');

const servicePort = z
  .object({ namespace: z.string(), name: z.string(), port: z.string(), protocol })
  .describe('The Service port the rule works for; absent in the frame');

const counters = z.object({ packets: z.number(), bytes: z.number() });
const negated = z.boolean().optional();
const transport = z.enum(['tcp', 'udp', 'sctp']);

const match = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('source'), cidr: z.string(), negated }),
  z.object({ kind: z.literal('destination'), cidr: z.string(), negated }),
  z.object({ kind: z.literal('in-interface'), name: z.string(), negated }),
  z.object({ kind: z.literal('out-interface'), name: z.string(), negated }),
  z.object({ kind: z.literal('protocol'), protocol: z.string(), negated }),
  z.object({ kind: z.literal('comment'), text: z.string() }),
  z.object({ kind: z.literal('transport'), protocol: transport, destinationPort: z.number().optional() }),
  z.object({ kind: z.literal('mark'), value: z.number(), mask: z.number(), negated }),
  z.object({ kind: z.literal('conntrack'), states: z.array(z.string()).readonly(), negated }),
  z.object({ kind: z.literal('state'), states: z.array(z.string()).readonly(), negated }),
  z.object({
    kind: z.literal('addrtype'),
    side: z.enum(['source', 'destination']),
    type: z.string(),
    negated,
  }),
  z.object({ kind: z.literal('statistic'), probability: z.string() }),
  z.object({
    kind: z.literal('recent'),
    action: z.enum(['set', 'rcheck']),
    list: z.string(),
    seconds: z.number().optional(),
    reap: z.boolean().optional(),
    mask: z.string(),
  }),
  z.object({ kind: z.literal('nfacct'), counter: z.string() }),
  z.object({ kind: z.literal('physdev-is-in'), negated }),
  z.object({ kind: z.literal('other'), text: z.string() }),
]);

const target = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['accept', 'drop', 'return']) }),
  z.object({ kind: z.enum(['jump', 'goto']), chain: z.string() }),
  z.object({ kind: z.literal('mark'), value: z.number(), mask: z.number() }),
  z.object({ kind: z.literal('masquerade'), randomFully: z.boolean().optional() }),
  z.object({ kind: z.literal('dnat'), destination: z.string() }),
  z.object({ kind: z.literal('redirect'), port: z.number() }),
  z.object({ kind: z.literal('reject'), with: z.string() }),
  z.object({ kind: z.literal('other'), text: z.string() }),
]);

const text = z.string().describe("The rule in its tool's own syntax");

const iptablesRule = z.object({
  text,
  matches: z.array(match).readonly(),
  target: target.optional().describe('Absent for a rule that only counts or carries a comment'),
  origin: originSchema,
  service: servicePort.optional(),
  counters: counters.optional(),
});

const omission = z.object({ origin: originSchema, reason: z.string() });

const iptablesRuleset = z.object({
  kind: z.literal('iptables'),
  family,
  tables: z.array(
    z.object({
      name: z.string(),
      chains: z.array(
        z.object({
          name: z.string(),
          policy: z.string().optional().describe('Of a built-in chain; absent for a chain of kube-proxy'),
          rules: z.array(iptablesRule),
          counters: counters.optional(),
        }),
      ),
    }),
  ),
  omissions: z.array(omission).describe('What the dialect or mode cannot express'),
});

const comment = z.string().optional();

const nftablesElement = z.object({
  text: z.string().describe("The element in nft's syntax"),
  key: z.array(z.string()).readonly(),
  value: z.string().optional(),
  comment,
  other: z.string().optional(),
  origin: originSchema,
  service: servicePort.optional(),
});

const nftablesSet = z.object({
  name: z.string(),
  comment,
  type: z.string(),
  flags: z.array(z.string()).readonly().optional(),
  timeout: z.number().optional().describe('Seconds'),
  size: z.number().optional(),
  elements: z.array(nftablesElement),
  other: z.array(z.string()).readonly().optional(),
});

const nftablesRuleset = z.object({
  kind: z.literal('nftables'),
  family,
  tables: z.array(
    z.object({
      family: z.enum(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']),
      name: z.string(),
      comment,
      chains: z.array(
        z.object({
          name: z.string(),
          comment,
          base: z
            .object({
              type: z.string(),
              hook: z.string(),
              priority: z.string(),
              policy: z.string().optional(),
              device: z.string().optional(),
            })
            .optional(),
          rules: z.array(
            z.object({
              text,
              expression: z.string(),
              comment,
              origin: originSchema,
              service: servicePort.optional(),
            }),
          ),
        }),
      ),
      sets: z.array(nftablesSet),
      maps: z.array(nftablesSet.extend({ valueType: z.string() })),
      other: z.array(z.string()).readonly().optional(),
    }),
  ),
  omissions: z.array(omission).describe('What the dialect or mode cannot express'),
});

export const rulesetDocumentSchema = z
  .object({
    format: z.literal('kube-proxy-lab/ruleset'),
    version: z.literal(1),
    mode: z.enum(['userspace', 'iptables', 'nftables']),
    dialect: z.enum(['current', 'classic']),
    node: z.string(),
    rulesets: z
      .array(z.discriminatedUnion('kind', [iptablesRuleset, nftablesRuleset]))
      .describe('One for each IP family'),
  })
  .describe('The rules that a kube-proxy writes on one node, with the cause of each');

export type RulesetDocument = z.infer<typeof rulesetDocumentSchema>;

/** The JSON Schema to publish. */
export function rulesetJsonSchema(): unknown {
  return z.toJSONSchema(rulesetDocumentSchema, { reused: 'ref' });
}
