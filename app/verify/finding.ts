/** What a comparison of a node's rules with the wanted ones finds. */
import type { IPFamily } from '../kubernetes/objects.ts';

export type FindingKind =
  /** A Service, an endpoint, a rule that should be there and is not. */
  | 'missing'
  /** One that is there without a reason: what it was for has gone. */
  | 'stale'
  /** A rule of kube-proxy's that says something else than it should. */
  | 'changed'
  /** A rule in one of kube-proxy's chains that kube-proxy never writes. */
  | 'foreign'
  /** The right rules in the wrong order. */
  | 'reordered';

export interface Finding {
  readonly kind: FindingKind;
  readonly family: IPFamily;
  /** `namespace/name`; absent for what belongs to no Service, or to one that nothing tells. */
  readonly service?: string;
  /** One clause: `stale endpoint 10.244.0.7:8080`. */
  readonly words: string;
  readonly rules: readonly FoundRule[];
}

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
