/** What taking a node over would change: from the rules that are on it, whoever wrote them, to ours. */
import type { ModePreview } from '../../../app/contract/engine.ts';
import type { Dialect } from '../../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../../app/proxy/configuration.ts';
import { ownPart } from '../../../app/ruleset/own-part.ts';
import { MissingToolError } from '../../engine/missing-tool-error.ts';
import { readNode } from '../../verification/read-node.ts';
import { compareChains } from '../rules/chain-changes.ts';
import { shownChains } from '../rules/shown-rules.ts';
import type { WantedRules } from '../wanted-rules.ts';
import type { OpenNode } from './open-node.ts';

export interface TakeOverPreviewOptions {
  readonly node: Pick<OpenNode, 'engine' | 'target'>;
  readonly mode: ProxyMode;
  readonly dialect: Dialect;
  /** @throws MissingToolError */
  readonly build: (mode: ProxyMode, dialect: Dialect) => Promise<WantedRules>;
}

export async function takeOverChange(options: TakeOverPreviewOptions): Promise<ModePreview> {
  const { node, mode, dialect, build } = options;
  const { capabilities } = node.engine;
  if (!capabilities) throw new Error('the node has not been probed yet');
  try {
    const { iptables, nft } = capabilities;
    // The engine needs both families' chains of iptables in every mode: what other modes left is taken away with it.
    if (!iptables.available) throw new MissingToolError(node.target.name, 'iptables', iptables.reason);
    if (mode === 'nftables' && !nft.available) {
      throw new MissingToolError(node.target.name, 'nft', nft.reason, 'nftables');
    }
    const [{ rulesets }, wanted] = await Promise.all([
      readNode(node.target, capabilities, undefined),
      build(mode, dialect),
    ]);
    const now = rulesets
      .map((ruleset) => (ruleset.kind === 'iptables' ? ownPart(ruleset) : ruleset))
      .flatMap((ruleset) => shownChains(ruleset));
    const then = wanted.rulesets.flatMap((ruleset) => shownChains(ruleset));
    const count = (chains: typeof now): number => chains.reduce((sum, { rules }) => sum + rules.length, 0);
    return {
      supported: true,
      rulesNow: count(now),
      rulesThen: count(then),
      ...compareChains(now, then),
      backend: mode === 'nftables' ? 'nftables' : 'iptables',
      listeners: wanted.listeners,
      warnings: wanted.warnings,
    };
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error;
    return { supported: false, reason: error.message };
  }
}
