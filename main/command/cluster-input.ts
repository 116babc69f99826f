/** What the rules of a node are made of, from the files that a command names. */
import { hostname } from 'node:os';
import { clusterFromManifest, type ManifestCluster } from '../../app/kubernetes/cluster-from-manifest.ts';
import {
  MANIFEST_WORD,
  ManifestError,
  type ManifestObject,
  NO_MANIFEST,
  readManifest,
} from '../../app/kubernetes/manifest.ts';
import type { Node } from '../../app/kubernetes/objects.ts';
import type { ProxyConfiguration } from '../../app/proxy/configuration.ts';
import { parseIp } from '../../app/proxy/ip-address.ts';
import { type ProxyNode, resolveNode } from '../../app/proxy/node.ts';
import { BadInputError } from './bad-input-error.ts';
import { readConfigurationFile } from './read-configuration.ts';
import { type InputBounds, inputName, OF_A_CLUSTER, readInput } from './read-input.ts';

export interface ClusterInputOptions {
  /** Manifests; `-` is standard input. */
  readonly files: readonly string[];
  /** A KubeProxyConfiguration file. */
  readonly config?: string;
  readonly strictConfig?: boolean;
  readonly nodeAddresses?: readonly string[];
}

export interface ClusterInput {
  readonly configuration: ProxyConfiguration;
  readonly cluster: ManifestCluster;
  /** The node that `hostnameOverride` names. */
  readonly node: ProxyNode;
  /** Ready to print: unknown fields. */
  readonly warnings: readonly string[];
}

/** @throws BadInputError with one message for all that is wrong with the input. */
export function readClusterInput(options: ClusterInputOptions): ClusterInput {
  const { configuration, warnings } = readConfigurationFile(options.config, { strict: options.strictConfig });
  const cluster = readCluster(options.files);
  const node = nodeOf(options.nodeAddresses ?? [], configuration, cluster.nodes);
  return { configuration, cluster, node, warnings: [...warnings, ...cluster.warnings] };
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

const OBJECTS: InputBounds = {
  ...OF_A_CLUSTER,
  expected: { word: MANIFEST_WORD, otherwise: NO_MANIFEST },
};

function readObjects(file: string): ManifestObject[] {
  try {
    return readManifest(readInput(file, OBJECTS), inputName(file));
  } catch (error) {
    if (error instanceof ManifestError) throw new BadInputError(error.message, { cause: error });
    throw error;
  }
}

function nodeOf(
  addresses: readonly string[],
  configuration: ProxyConfiguration,
  nodes: readonly Node[],
): ProxyNode {
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
function nodeName({ hostnameOverride }: ProxyConfiguration, nodes: readonly Node[]): string {
  if (hostnameOverride !== '') return hostnameOverride;
  const host = hostname().toLowerCase();
  const [only] = nodes;
  return nodes.length === 1 && only?.metadata?.name ? only.metadata.name : host;
}
