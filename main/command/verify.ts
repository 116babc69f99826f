/** `kube-proxy-lab verify --save`: what differs between a node's saved rules and those that should be there. */
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { type ClusterSnapshot, proxierState } from '../../app/proxy/proxier-state.ts';
import { IptablesParseError } from '../../app/ruleset/iptables-parse.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { NftParseError } from '../../app/ruleset/nft-parse-error.ts';
import type { Finding } from '../../app/verify/finding.ts';
import { findingWords } from '../../app/verify/finding-words.ts';
import { formatFindings, type VerificationReport } from '../../app/verify/format-findings.ts';
import type { RunningProxy } from '../../app/verify/running-proxy.ts';
import { parseSavedRules, type SavedRules, usesNamedCounters } from '../../app/verify/saved-rules.ts';
import { verifyRules } from '../../app/verify/verify-rules.ts';
import { BadInputError } from './bad-input-error.ts';
import { type ClusterInputOptions, readClusterInput } from './cluster-input.ts';
import { inputName, readInput } from './read-input.ts';
import { supportedMode } from './render.ts';

export interface VerifyOptions extends ClusterInputOptions {
  /** What iptables-save, ip6tables-save or nft list printed on the node; `-` is standard input. */
  readonly save: string;
  /** Without it, the one that the saved rules are of; else the configuration's. */
  readonly mode?: ProxyMode;
  readonly dialect?: Dialect;
  /** Of saved rules that do not tell. */
  readonly family?: IPFamily;
  readonly json?: boolean;
}

export interface VerifyResult {
  readonly text: string;
  readonly same: boolean;
  readonly warnings: readonly string[];
}

/** @throws BadInputError */
export function verify(options: VerifyOptions): VerifyResult {
  if (options.save === '-' && options.files.includes('-')) {
    throw new BadInputError(
      'standard input cannot be both the saved rules and the objects; name a file for one',
    );
  }
  const saved = readSavedRules(options);
  const { configuration, cluster, node, warnings } = readClusterInput(options);
  const { services, slices, serviceCIDRs } = cluster;
  const result = compare({
    saved,
    snapshot: { services, slices, serviceCIDRs, configuration, node },
    mode: supportedMode(options.mode ?? saved.mode ?? configuration.mode),
    dialect: options.dialect ?? 'current',
    ...(options.json ? { json: true } : {}),
  });
  return { ...result, warnings };
}

export interface Comparison {
  readonly saved: SavedRules;
  /** The cluster as it should be on the node; what the node can do is told by its rules. */
  readonly snapshot: Omit<ClusterSnapshot, 'capabilities'>;
  readonly mode: ProxyMode;
  readonly dialect: Dialect;
  readonly json?: true;
  /** What else is found on the node. */
  readonly besides?: readonly Finding[];
  /** Of a node in a cluster: whose configuration it is compared with. */
  readonly proxy?: RunningProxy;
}

/** Compares, and says in words or JSON what was found. */
export function compare({
  saved,
  snapshot,
  mode,
  dialect,
  json,
  besides = [],
  proxy,
}: Comparison): VerifyResult {
  const { node } = snapshot;
  const withCapabilities = { ...snapshot, capabilities: { nfacct: usesNamedCounters(saved.rulesets) } };
  const findings: Finding[] = [...besides];
  let rules = 0;
  for (const present of savedFor(mode, saved, node.primaryFamily)) {
    const wanted = buildRuleset(mode, dialect, proxierState(withCapabilities, present.family));
    rules += countRules(wanted);
    findings.push(...verifyRules(present, wanted));
  }
  const same = findings.length === 0;
  const comparedWith = proxy && { source: proxy.source, version: proxy.version, notes: proxy.notes };
  const report = { same, mode, node: node.name, rules, ...(comparedWith ? { comparedWith } : {}), findings };
  const text = json ? printedReport(report) : formatFindings(report);
  return { text, same, warnings: [] };
}

/** As JSON has it: data, and its words in English. */
export type ToldFinding = Finding & { readonly words: string };

function printedReport({ findings, ...report }: VerificationReport): string {
  const told = findings.map((finding): ToldFinding => ({ ...finding, words: findingWords(finding) }));
  return `${JSON.stringify({ ...report, findings: told }, null, 1)}\n`;
}

function readSavedRules({ save, family }: VerifyOptions): SavedRules {
  const text = readInput(save);
  try {
    return parseSavedRules(text, family);
  } catch (error) {
    if (!(error instanceof IptablesParseError || error instanceof NftParseError)) throw error;
    throw new BadInputError(
      `${inputName(save)}: ${error.message}; expected is what iptables-save, ip6tables-save or nft list ruleset prints`,
      { cause: error },
    );
  }
}

/** Rules of the other kind are as good as none. */
function savedFor(mode: ProxyMode, { rulesets }: SavedRules, primary: IPFamily): Ruleset[] {
  const kind = mode === 'nftables' ? 'nftables' : 'iptables';
  const ofKind = rulesets.filter((ruleset) => ruleset.kind === kind);
  if (ofKind.length > 0) return ofKind;
  return [{ kind, family: primary, tables: [], omissions: [] }];
}

function countRules(ruleset: Ruleset): number {
  let count = 0;
  for (const table of ruleset.tables) {
    for (const { rules } of table.chains) count += rules.length;
    if ('maps' in table) for (const { elements } of [...table.sets, ...table.maps]) count += elements.length;
  }
  return count;
}
