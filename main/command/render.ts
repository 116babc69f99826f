/** `kube-proxy-lab render`: the rules a kube-proxy would write for these objects on one node. */
import { hostname } from 'node:os';
import { ManifestError, readManifest } from '../../app/kubernetes/manifest.ts';
import type {
  EndpointSlice,
  IPFamily,
  KubernetesObject,
  Node,
  Service,
} from '../../app/kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { DEFAULT_CONFIGURATION } from '../../app/proxy/configuration.ts';
import {
  ConfigurationError,
  type ConfigurationReading,
  formatConfigurationProblem,
  readConfiguration,
} from '../../app/proxy/configuration-reader.ts';
import { parseIp } from '../../app/proxy/ip-address.ts';
import { type ProxyNode, resolveNode } from '../../app/proxy/node.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import { printIptablesRestore } from '../../app/ruleset/iptables-print.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { formatOrigin } from '../../app/ruleset/origin.ts';
import { BadInputError } from './bad-input-error.ts';
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
  /** The node's primary family when it is not given; nftables rulesets hold both then. */
  readonly family?: IPFamily;
  readonly nodeAddresses?: readonly string[];
  readonly format?: RenderFormat;
}

export type RenderFormat = 'restore';

export interface RenderResult {
  readonly text: string;
  /** For stderr: what was passed over, and why. */
  readonly warnings: string[];
}

/** @throws BadInputError with one message for all that is wrong with the input. */
export function render(options: RenderOptions): RenderResult {
  const warnings: string[] = [];
  const configuration = renderConfiguration(options, warnings);
  const cluster = readCluster(options.files);
  const node = renderNode(options, configuration, cluster.nodes);
  const mode = options.mode ?? configuration.mode;
  if (mode === 'ipvs') {
    throw new BadInputError(
      'mode ipvs is not supported here; choose userspace, iptables or nftables with --mode',
    );
  }
  const snapshot = { ...cluster, configuration, node, capabilities: { nfacct: true } };
  const family = options.family ?? node.primaryFamily;
  const ruleset = buildRuleset(mode, options.dialect ?? 'current', proxierState(snapshot, family));
  warnings.push(...ruleset.omissions.map(({ origin, reason }) => `${formatOrigin(origin)}: ${reason}`));
  return { text: print(ruleset), warnings };
}

function print(ruleset: Ruleset): string {
  if (ruleset.kind === 'iptables') return printIptablesRestore(ruleset);
  throw new BadInputError('mode nftables cannot be printed yet');
}

function renderConfiguration(options: RenderOptions, warnings: string[]): ProxyConfiguration {
  const { config } = options;
  if (config === undefined) return DEFAULT_CONFIGURATION;
  let reading: ConfigurationReading;
  try {
    reading = readConfiguration(readInput(config), { strict: options.strictConfig ?? false });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map(
      (problem) => `${inputName(config)}: ${formatConfigurationProblem(problem)}`,
    );
    throw new BadInputError(problems.join('\n'), { cause: error });
  }
  warnings.push(
    ...reading.warnings.map((problem) => `${inputName(config)}: ${formatConfigurationProblem(problem)}`),
  );
  return reading.configuration;
}

interface Cluster {
  readonly services: Service[];
  readonly slices: EndpointSlice[];
  readonly nodes: Node[];
}

/** The objects that rules are made of; all others are somebody else's business. */
function readCluster(files: readonly string[]): Cluster {
  const cluster: Cluster = { services: [], slices: [], nodes: [] };
  for (const file of files) {
    for (const { object } of readObjects(file)) {
      if (object.apiVersion === 'v1' && object.kind === 'Service') cluster.services.push(object);
      if (object.apiVersion === 'v1' && object.kind === 'Node') cluster.nodes.push(object);
      if (object.apiVersion === 'discovery.k8s.io/v1' && object.kind === 'EndpointSlice') {
        cluster.slices.push(object as KubernetesObject as EndpointSlice);
      }
    }
  }
  return cluster;
}

function readObjects(file: string): ReturnType<typeof readManifest> {
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
