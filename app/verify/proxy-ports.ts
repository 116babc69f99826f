import type { IptablesMatch, IptablesRule, IptablesRuleset, IptablesTarget } from '../ruleset/model.ts';

const PORTALS = new Set([
  'KUBE-PORTALS-CONTAINER',
  'KUBE-PORTALS-HOST',
  'KUBE-NODEPORT-CONTAINER',
  'KUBE-NODEPORT-HOST',
]);
const NON_LOCAL = 'KUBE-NODEPORT-NON-LOCAL';

/** The rules of userspace mode with 0 for each port that the proxy listens on; rules of other modes as they are. */
export function withoutProxyPorts(ruleset: IptablesRuleset): IptablesRuleset {
  return {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => {
        if (PORTALS.has(chain.name)) return { ...chain, rules: chain.rules.map(withoutTargetPort) };
        if (chain.name === NON_LOCAL) return { ...chain, rules: chain.rules.map(withoutMatchedPort) };
        return chain;
      }),
    })),
  };
}

function withoutTargetPort(rule: IptablesRule): IptablesRule {
  const { target } = rule;
  return target === undefined ? rule : { ...rule, target: withoutPort(target) };
}

function withoutPort(target: IptablesTarget): IptablesTarget {
  if (target.kind === 'redirect') return { ...target, port: 0 };
  if (target.kind === 'dnat') return { ...target, destination: target.destination.replace(/\d+$/, '0') };
  return target;
}

function withoutMatchedPort(rule: IptablesRule): IptablesRule {
  const matches = rule.matches.map(
    (match): IptablesMatch => (match.kind === 'transport' ? { ...match, destinationPort: 0 } : match),
  );
  return { ...rule, matches };
}
