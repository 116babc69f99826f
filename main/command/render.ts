/** `kube-proxy-lab render`: the rules a kube-proxy would write for these objects on one node. */
import type { ExportFormat } from '../../app/contract/exports.ts';
import { ExportError } from '../../app/exports/export-error.ts';
import { exportPieces } from '../../app/exports/export-text.ts';
import { formatInfo } from '../../app/exports/formats.ts';
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { ProxyNode } from '../../app/proxy/node.ts';
import { passedOverInService, passedOverInSlice } from '../../app/proxy/passed-over.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import type { Omission } from '../../app/ruleset/model.ts';
import { formatOrigin } from '../../app/ruleset/origin.ts';
import { BadInputError } from './bad-input-error.ts';
import { type ClusterInputOptions, readClusterInput } from './cluster-input.ts';

export interface RenderOptions extends ClusterInputOptions {
  /** Overrides the configuration's. */
  readonly mode?: ProxyMode;
  readonly dialect?: Dialect;
  /** Without it, the node's primary family; in nftables mode both. */
  readonly family?: IPFamily;
  readonly format?: RenderFormat;
}

/** The Services themselves are what `render` is given. */
export type RenderFormat = Exclude<ExportFormat, 'services'>;

export interface RenderResult {
  /** The text, made piece by piece as it is read. */
  readonly pieces: Iterable<string>;
  /** For stderr: what was passed over or left out, and why. */
  readonly warnings: string[];
}

/** @throws BadInputError with one message for all that is wrong with the input. */
export function render(options: RenderOptions): RenderResult {
  const { configuration, cluster, node, warnings } = readClusterInput(options);
  const mode = supportedMode(options.mode ?? configuration.mode);
  const { services, slices, serviceCIDRs } = cluster;
  const dialect = options.dialect ?? 'current';
  const format = options.format ?? (mode === 'nftables' ? 'nft' : 'restore');
  const snapshot = { services, slices, serviceCIDRs, configuration, node, capabilities: { nfacct: true } };
  const rulesets = renderedFamilies({ mode, format, node, asked: options.family }).map((family) =>
    buildRuleset(mode, dialect, proxierState(snapshot, family)),
  );
  const left = rulesets.flatMap(({ omissions }) => omissions);
  const passedOver = [...services.flatMap(passedOverInService), ...slices.flatMap(passedOverInSlice)];
  return {
    pieces: print({ format, mode, dialect, rulesets, services, nodeName: node.name }),
    warnings: [...new Set([...warnings, ...[...passedOver, ...left].map(formatOmission)])],
  };
}

/** @throws BadInputError for a mode whose rules are not made here. */
export function supportedMode(mode: ProxyMode | 'ipvs'): ProxyMode {
  if (mode !== 'ipvs') return mode;
  throw new BadInputError(
    'mode ipvs is not supported here; choose userspace, iptables or nftables with --mode',
  );
}

/** One file of iptables-restore is one family's; one of nft, and a script, holds both. */
function renderedFamilies({
  mode,
  format,
  node,
  asked,
}: {
  mode: ProxyMode;
  format: RenderFormat;
  node: ProxyNode;
  asked: IPFamily | undefined;
}): IPFamily[] {
  if (asked) return [asked];
  return formatInfo(format, mode).byFamily ? [node.primaryFamily] : ['IPv4', 'IPv6'];
}

function print(request: Parameters<typeof exportPieces>[0]): Iterable<string> {
  try {
    return exportPieces(request);
  } catch (error) {
    if (error instanceof ExportError) throw new BadInputError(error.message, { cause: error });
    throw error;
  }
}

function formatOmission({ origin, reason }: Omission): string {
  return `${formatOrigin(origin)}: ${reason}`;
}
