/** What a comparison of a node's rules with the wanted ones finds. */
import type { IPFamily } from '../kubernetes/objects.ts';

export const findingKinds = [
  /** A Service, an endpoint, a rule that should be there and is not. */
  'missing',
  /** One that is there without a reason: what it was for has gone. */
  'stale',
  /** A rule of kube-proxy's that says something else than it should. */
  'changed',
  /** A rule in one of kube-proxy's chains that kube-proxy never writes. */
  'foreign',
  /** The right rules in the wrong order. */
  'reordered',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** What an iptables chain of a Service is for; absent for chains that all Services share. */
export type ChainPurpose = 'endpoints' | 'external' | 'source-ranges';

type InChain = { readonly chain: string };
type InTable = InChain & { readonly table: string };
type Jump = InChain & { readonly to: string };
type Chain = InChain & { readonly purpose?: ChainPurpose };
type Endpoint = { readonly endpoint: string };
type OfSet = { readonly set: string };
type Element = OfSet & { readonly element: string };

/** Each thing that can be found, with what its words need. Addresses as rules have them: `10.244.0.7:8080`, `[fd00::7]:8080`. */
export interface FindingParameters {
  'missing-endpoint': Endpoint;
  'stale-endpoint': Endpoint;
  'missing-chain': Chain;
  'stale-chain': Chain;
  'foreign-chain': InChain;
  'missing-rule': InChain;
  'stale-rule': InChain;
  'foreign-rule': InChain;
  'missing-jump': Jump;
  'stale-jump': Jump;
  'doubled-rule': InChain;
  'changed-rule': InChain;
  /** Another comment changes nothing for packets. */
  'commented-rule': InChain;
  /** As an earlier kube-proxy wrote it: no hand has changed it. */
  'earlier-rule': InChain;
  'reordered-rules': InTable;
  /** `ip kube-proxy` */
  'missing-table': { readonly table: string };
  /** nftables' flag `dormant`: the kernel passes it by. */
  'dormant-table': { readonly table: string };
  'unhooked-chain': InTable;
  'hooked-chain': InTable & { readonly hook: string };
  'moved-hook': InTable & { readonly hook: string; readonly priority: string; readonly wanted: string };
  'changed-policy': InTable & { readonly policy: string; readonly wanted: string };
  'missing-set': OfSet;
  'stale-set': OfSet;
  'foreign-set': OfSet;
  'missing-element': Element;
  'stale-element': Element;
  'changed-element': Element;
  /** Of the kernel: `net/ipv4/conf/all/route_localnet`. */
  'changed-setting': { readonly name: string; readonly value: string; readonly wanted: string };
}
export type FindingCode = keyof FindingParameters;

/** One of them, for words in any language. */
export type FindingMatter = {
  [Code in FindingCode]: { readonly code: Code; readonly parameters: FindingParameters[Code] };
}[FindingCode];

export type Finding = FindingMatter & {
  readonly kind: FindingKind;
  readonly family: IPFamily;
  /** `namespace/name`; absent for what belongs to no Service, or to one that nothing tells. */
  readonly service?: string;
  /** An earlier version of kube-proxy wrote it so. */
  readonly earlier?: true;
  readonly rules: readonly FoundRule[];
};

export interface FoundRule {
  readonly table: string;
  readonly chain: string;
  /** `present`: on the node, and should not be; `wanted`: should be, and is not. */
  readonly side: 'present' | 'wanted';
  /** In its tool's syntax, without the chain. */
  readonly text: string;
  /** Of a wanted rule: the object and field that want it. */
  readonly because?: string;
}

/** Findings of Services by name, those of none last; what is stale before what is missing. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const key = ({ service, family, kind }: Finding): string =>
    `${service === undefined ? 1 : 0} ${service ?? ''} ${family} ${kind === 'stale' ? 0 : 1}`;
  return [...findings].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
