/** `kube-proxy-lab render`: the rules a kube-proxy would write for these objects on one node. */
import { hostname } from 'node:os';
import type { ExportFormat } from '../../app/contract/exports.ts';
import { ExportError, exportText } from '../../app/exports/export-text.ts';
import { formatInfo, type RenderedMode } from '../../app/exports/formats.ts';
import { clusterFromManifest, type ManifestCluster } from '../../app/kubernetes/cluster-from-manifest.ts';
import { ManifestError, type ManifestObject, readManifest } from '../../app/kubernetes/manifest.ts';
import type { IPFamily, Node } from '../../app/kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { parseIp } from '../../app/proxy/ip-address.ts';
import { type ProxyNode, resolveNode } from '../../app/proxy/node.ts';
import { passedOverInService, passedOverInSlice } from '../../app/proxy/passed-over.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import type { Omission } from '../../app/ruleset/model.ts';
import { formatOrigin } from '../../app/ruleset/origin.ts';
import { BadInputError } from './bad-input-error.ts';
import { readConfigurationFile } from './read-configuration.ts';
import { inputName, readInput } from './read-input.ts';

export interface RenderOptions {
  /** Manifests; `-` is standard input. */
  readonly files: readonly string[];
  /** A KubeProxyConfiguration file. */
  readonly config?: string;
  readonly strictConfig?: boolean;
  /** Overrides the configuration's. */
  readonly mode?: ProxyMode;
  readonly dialect?: Dialect;
  /** Without it, the node's primary family; in nftables mode both. */
  readonly family?: IPFamily;
  readonly nodeAddresses?: readonly string[];
  readonly format?: RenderFormat;
}

/** The Services themselves are what `render` is given. */
export type RenderFormat = Exclude<ExportFormat, 'services'>;

export interface RenderResult {
  readonly text: string;
  /** For stderr: what was passed over or left out, and why. */
  readonly warnings: string[];
}

/** @throws BadInputError with one message for all that is wrong with the input. */
export function render(options: RenderOptions): RenderResult {
  const { configuration, warnings } = readConfigurationFile(options.config, { strict: options.strictConfig });
  const cluster = readCluster(options.files);
  const node = renderNode(options, configuration, cluster.nodes);
  const mode = options.mode ?? configuration.mode;
  if (mode === 'ipvs') {
    throw new BadInputError(
      'mode ipvs is not supported here; choose userspace, iptables or nftables with --mode',
    );
  }
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
    text: print({ format, mode, dialect, rulesets, services, nodeName: node.name }),
    warnings: [
      ...new Set([...warnings, ...cluster.warnings, ...[...passedOver, ...left].map(formatOmission)]),
    ],
  };
}

/** One file of iptables-restore is one family's; one of nft, and a script, holds both. */
function renderedFamilies({
  mode,
  format,
  node,
  asked,
}: {
  mode: RenderedMode;
  format: RenderFormat;
  node: ProxyNode;
  asked: IPFamily | undefined;
}): IPFamily[] {
  if (asked) return [asked];
  return formatInfo(format, mode).byFamily ? [node.primaryFamily] : ['IPv4', 'IPv6'];
}

function print(request: Parameters<typeof exportText>[0]): string {
  try {
    return exportText(request).text;
  } catch (error) {
    if (error instanceof ExportError) throw new BadInputError(error.message, { cause: error });
    throw error;
  }
}

function formatOmission({ origin, reason }: Omission): string {
  return `${formatOrigin(origin)}: ${reason}`;
}

function readCluster(files: readonly string[]): ManifestCluster {
  const cluster = clusterFromManifest(files.flatMap(readObjects));
  if (cluster.problems.length > 0) throw new BadInputError(summary(cluster.problems));
  return cluster;
}

const MOST_PROBLEMS = 20;

function summary(problems: readonly string[]): string {
  const shown = problems.slice(0, MOST_PROBLEMS);
  const left = problems.length - shown.length;
  return [...shown, ...(left > 0 ? [`… and ${left} more`] : [])].join('\n');
}

function readObjects(file: string): ManifestObject[] {
  try {
    return readManifest(readInput(file), inputName(file));
  } catch (error) {
    if (error instanceof ManifestError) throw new BadInputError(error.message, { cause: error });
    throw error;
  }
}

function renderNode(options: RenderOptions, configuration: ProxyConfiguration, nodes: Node[]): ProxyNode {
  const addresses = options.nodeAddresses ?? [];
  for (const address of addresses) {
    if (parseIp(address) === undefined)
      throw new BadInputError(`--node-address ${address}: is no IP address`);
  }
  const name = nodeName(configuration, nodes);
  const node = nodes.find(({ metadata }) => metadata?.name === name);
  return resolveNode({
    name,
    addresses,
    bindAddresses: configuration.bindAddresses,
    ...(node ? { node } : {}),
  });
}

/** As configured; else this host, unless the objects hold one Node alone, which is then the one meant. */
function nodeName({ hostnameOverride }: ProxyConfiguration, nodes: Node[]): string {
  if (hostnameOverride !== '') return hostnameOverride;
  const host = hostname().toLowerCase();
  const [only] = nodes;
  return nodes.length === 1 && only?.metadata?.name ? only.metadata.name : host;
}
