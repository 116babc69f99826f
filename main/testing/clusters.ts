/** The clusters that tests run through every mode: see clusters/README.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterFromManifest, type ManifestCluster } from '../../app/kubernetes/cluster-from-manifest.ts';
import { readManifest } from '../../app/kubernetes/manifest.ts';
import type { ProxyConfiguration } from '../../app/proxy/configuration.ts';
import { readConfiguration } from '../../app/proxy/configuration-reader.ts';
import { resolveNode } from '../../app/proxy/node.ts';
import type { ClusterSnapshot } from '../../app/proxy/proxier-state.ts';

export interface TestCluster {
  readonly name: string;
  readonly objects: ManifestCluster;
  readonly configuration: ProxyConfiguration;
  /** As the kube-proxy of `lab-node` sees it. */
  readonly snapshot: ClusterSnapshot;
}

const FOLDER = join(import.meta.dirname, 'clusters');

/** All of them, by name. */
export function testClusters(): TestCluster[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readCluster(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readCluster(name: string): TestCluster {
  const path = join(FOLDER, name, 'objects.yaml');
  const objects = clusterFromManifest(readManifest(readFileSync(path, 'utf8'), path));
  if (objects.problems.length > 0) throw new Error(objects.problems.join('\n'));
  const { configuration } = readConfiguration(readFileSync(join(FOLDER, name, 'kube-proxy.yaml'), 'utf8'));
  const node = objects.nodes.find(({ metadata }) => metadata?.name === configuration.hostnameOverride);
  const { services, slices, serviceCIDRs } = objects;
  const snapshot: ClusterSnapshot = {
    services,
    slices,
    serviceCIDRs,
    configuration,
    node: resolveNode({
      name: configuration.hostnameOverride,
      bindAddresses: configuration.bindAddresses,
      ...(node ? { node } : {}),
    }),
    capabilities: { nfacct: true },
  };
  return { name, objects, configuration, snapshot };
}
