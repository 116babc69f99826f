/** The iptables mode's ruleset: the kernel spreads connections over endpoints by rules alone. */
import type { IptablesRuleset } from '../../ruleset/model.ts';
import type { Dialect, ProxierState } from '../build-ruleset.ts';
import type { ServicePortInfo } from '../service-port.ts';
import { KUBE_PROXY_CANARY } from './chains.ts';
import { newContext } from './context.ts';
import { writeFrame, writeWayToNodePorts } from './frame.ts';
import { IptablesTableBuilder } from './ruleset-builder.ts';
import { writeServicePort } from './service-rules.ts';

export function buildIptablesRuleset(_dialect: Dialect, state: ProxierState): IptablesRuleset {
  return buildCurrent(state);
}

function buildCurrent(state: ProxierState): IptablesRuleset {
  const context = newContext(state);
  const mangle = new IptablesTableBuilder('mangle', []);
  mangle.declare(KUBE_PROXY_CANARY);
  writeFrame(context);
  for (const info of inStableOrder(state)) writeServicePort(context, info);
  writeWayToNodePorts(context);
  return {
    kind: 'iptables',
    family: state.family,
    tables: [mangle.build(), context.filter.build(), context.nat.build()],
    omissions: [],
  };
}

/** By name, where kube-proxy walks a hash map: a change of one Service shall change nothing else in shared chains. */
export function inStableOrder({ services }: ProxierState): ServicePortInfo[] {
  return [...services.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
