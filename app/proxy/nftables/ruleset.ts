/**
 * The nftables mode's ruleset: one table a family, where maps lead from addresses to the chains of Services.
 * There is one dialect, kube-proxy 1.36's: in the days of the classic one there was no such mode.
 */
import type { NftablesRuleset, Omission } from '../../ruleset/model.ts';
import type { Dialect, ProxierState } from '../build-ruleset.ts';
import { inStableOrder } from '../stable-order.ts';
import { fromConfiguration, newContext } from './context.ts';
import { writeFrame } from './frame.ts';
import { writeServicePort } from './service-rules.ts';

export function buildNftablesRuleset(dialect: Dialect, state: ProxierState): NftablesRuleset {
  const context = newContext(state);
  writeFrame(context);
  for (const info of inStableOrder(state)) writeServicePort(context, info);
  return {
    kind: 'nftables',
    family: state.family,
    tables: [context.table.build()],
    omissions: dialect === 'classic' ? [NO_CLASSIC_DIALECT] : [],
  };
}

const NO_CLASSIC_DIALECT: Omission = {
  origin: fromConfiguration('mode'),
  reason: 'kube-proxy 1.2 had no nftables mode: these are the rules of 1.36',
};
