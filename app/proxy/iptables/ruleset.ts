/** The iptables mode's ruleset: the kernel spreads connections over endpoints by rules alone. */
import type { IptablesRuleset } from '../../ruleset/model.ts';
import type { Dialect, ProxierState } from '../build-ruleset.ts';
import { inStableOrder } from '../stable-order.ts';
import { KUBE_PROXY_CANARY } from './chains.ts';
import { buildClassicRuleset } from './classic.ts';
import { newContext } from './context.ts';
import { writeFrame, writeWayToNodePorts } from './frame.ts';
import { IptablesTableBuilder } from './ruleset-builder.ts';
import { writeServicePort } from './service-rules.ts';

export function buildIptablesRuleset(dialect: Dialect, state: ProxierState): IptablesRuleset {
  return dialect === 'classic' ? buildClassicRuleset(state) : buildCurrentRuleset(state);
}

function buildCurrentRuleset(state: ProxierState): IptablesRuleset {
  const context = newContext(state, {
    filter: ['INPUT', 'FORWARD', 'OUTPUT'],
    nat: ['PREROUTING', 'OUTPUT', 'POSTROUTING'],
  });
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
