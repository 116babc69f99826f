import type { IptablesRuleset } from '../../ruleset/model.ts';
import type { Dialect, ProxierState } from '../build-ruleset.ts';

export function buildIptablesRuleset(_dialect: Dialect, state: ProxierState): IptablesRuleset {
  return { kind: 'iptables', family: state.family, tables: [], omissions: [] };
}
