/**
 * What in a node's tables is kube-proxy's, and so ours to change: its chains, and the jumps into them.
 *
 * Chains of all its modes and dialects count, so that a switch from one to another leaves nothing behind. The
 * kubelet's (KUBE-KUBELET-CANARY, KUBE-MARK-DROP) and other programs' KUBE- chains do not.
 */
import type { IptablesRule } from './model.ts';

const FIXED_CHAINS: ReadonlySet<string> = new Set([
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-POSTROUTING',
  'KUBE-MARK-MASQ',
  'KUBE-FORWARD',
  'KUBE-PROXY-FIREWALL',
  'KUBE-PROXY-CANARY',
  'KUBE-PORTALS-CONTAINER',
  'KUBE-PORTALS-HOST',
  'KUBE-NODEPORT-CONTAINER',
  'KUBE-NODEPORT-HOST',
  'KUBE-NODEPORT-NON-LOCAL',
]);

/** KUBE-XLB is what kube-proxy 1.5 to 1.23 called KUBE-EXT and KUBE-SVL. */
const DERIVED_CHAIN = /^KUBE-(?:SVC|SVL|SEP|FW|EXT|XLB)-[A-Z2-7]{16}$/;

/** The names of all chains that are kube-proxy's, as an extended regular expression of POSIX. */
export const OUR_CHAINS_EXPRESSION = `^(${[...FIXED_CHAINS].join('|')}|KUBE-(SVC|SVL|SEP|FW|EXT|XLB)-[A-Z2-7]+)$`;

/** The kubelet writes this chain too, with the same rule: neither may take away what the other put there. */
export const KUBELET_SHARED_CHAIN = 'KUBE-FIREWALL';

/** Whether a chain is wholly kube-proxy's: every rule in it, and the chain itself. */
export function isOurChain(name: string): boolean {
  return FIXED_CHAINS.has(name) || DERIVED_CHAIN.test(name);
}

/** Whether a rule in a chain that is not ours is ours all the same: a jump of the kernel's chains into our chains. */
export function isOurJump(rule: IptablesRule): boolean {
  const { target } = rule;
  return target?.kind === 'jump' && (isOurChain(target.chain) || target.chain === KUBELET_SHARED_CHAIN);
}

/** The comment of the rule that kube-proxy and the kubelet both write into KUBE-FIREWALL. */
export const LOCALNET_PROTECTION = 'block incoming localnet connections';

/** Whether a rule of KUBE-FIREWALL is the one that kube-proxy writes there. */
export function isLocalnetProtection(rule: IptablesRule): boolean {
  return rule.matches.some((match) => match.kind === 'comment' && match.text === LOCALNET_PROTECTION);
}

/** Whether the kubelet writes this rule as well as kube-proxy, each in its own order and whether the other does or not. */
export function isSharedWithKubelet(rule: IptablesRule): boolean {
  return (
    (rule.target?.kind === 'jump' && rule.target.chain === KUBELET_SHARED_CHAIN) || isLocalnetProtection(rule)
  );
}

/** Chains that all Services share: large, in no order that matters, but for rules that must come last. */
const SHARED_CHAINS: ReadonlySet<string> = new Set([
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
  'KUBE-PORTALS-CONTAINER',
  'KUBE-PORTALS-HOST',
  'KUBE-NODEPORT-CONTAINER',
  'KUBE-NODEPORT-HOST',
  'KUBE-NODEPORT-NON-LOCAL',
]);

export function isSharedChain(name: string): boolean {
  return SHARED_CHAINS.has(name);
}

/** Rules that say of themselves that they must be the last of their chain. */
export function mustBeLast(rule: IptablesRule): boolean {
  return rule.matches.some(
    (match) => match.kind === 'comment' && /must be the last rule in th(?:e|is) chain/.test(match.text),
  );
}
