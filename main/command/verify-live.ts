/** `kube-proxy-lab verify --target`: what differs on a node between the rules there and those that should be. */
import { hostname } from 'node:os';
import type { KubeConfig } from '@kubernetes/client-node';
import type { EndpointSlice, IPFamily, Node, Service, ServiceCIDR } from '../../app/kubernetes/objects.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { resolveNode } from '../../app/proxy/node.ts';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { parseNftables } from '../../app/ruleset/nft-parse.ts';
import { parseSavedRules, type SavedRules } from '../../app/verify/saved-rules.ts';
import { getJson } from '../cluster/call-api.ts';
import type { NodeCapabilities } from '../helper/node-protocol.ts';
import { type OpenTarget, openTarget } from '../targets/open-target.ts';
import { parseTargetSpec } from '../targets/target-spec.ts';
import { readConfigurationFile } from './read-configuration.ts';
import { supportedMode } from './render.ts';
import { loadKubeConfig } from './run.ts';
import { compare, type VerifyResult } from './verify.ts';

export interface VerifyLiveOptions {
  readonly target: string;
  readonly kubeconfig?: string;
  readonly node?: string;
  readonly config?: string;
  readonly strictConfig?: boolean;
  /** Without it, the one that the node's rules are of; else the configuration's. */
  readonly mode?: ProxyMode;
  readonly dialect: Dialect;
  /** Seconds to wait for the node to be right. */
  readonly wait?: number;
  readonly elevate?: boolean;
  readonly json?: boolean;
}

const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6'];
/** kube-proxy's own selection: what it leaves alone is never sent to it. */
const PROXIED = '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name';
const BETWEEN_LOOKS_MS = 500;

/** @throws BadInputError, TargetError */
export async function verifyLive(options: VerifyLiveOptions): Promise<VerifyResult> {
  const { configuration, warnings } = readConfigurationFile(options.config, { strict: options.strictConfig });
  const kubeConfig = loadKubeConfig(options.kubeconfig ?? (configuration.kubeconfig || undefined));
  const target = await openTarget(parseTargetSpec(options.target), { elevate: options.elevate ?? false });
  try {
    const capabilities = await target.verbs.capabilities({});
    const end = Date.now() + (options.wait ?? 0) * 1000;
    for (;;) {
      const result = await look({ options, configuration, kubeConfig, target, capabilities });
      if (result.same || Date.now() >= end) return { ...result, warnings: [...warnings, ...result.warnings] };
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    }
  } finally {
    await target.close();
  }
}

interface Look {
  options: VerifyLiveOptions;
  configuration: ProxyConfiguration;
  kubeConfig: KubeConfig;
  target: OpenTarget;
  capabilities: NodeCapabilities;
}

async function look({
  options,
  configuration,
  kubeConfig,
  target,
  capabilities,
}: Look): Promise<VerifyResult> {
  const name = options.node ?? (configuration.hostnameOverride || hostname().toLowerCase());
  const [cluster, saved] = await Promise.all([
    readCluster(kubeConfig, name),
    readNode(target, capabilities, options.mode),
  ]);
  const { services, slices, serviceCIDRs, node } = cluster;
  const { bindAddresses } = configuration;
  return compare({
    saved,
    snapshot: {
      services,
      slices,
      serviceCIDRs,
      configuration,
      node: resolveNode({ name, bindAddresses, ...(node ? { node } : {}) }),
    },
    mode: supportedMode(saved.mode ?? configuration.mode),
    dialect: options.dialect,
    ...(options.json ? { json: true } : {}),
  });
}

interface ClusterNow {
  services: Service[];
  slices: EndpointSlice[];
  serviceCIDRs: ServiceCIDR[];
  node: Node | undefined;
}

async function readCluster(kubeConfig: KubeConfig, nodeName: string): Promise<ClusterNow> {
  const list = async <Item>(path: string, selector?: Record<string, string>): Promise<Item[]> => {
    const query = new URLSearchParams(selector);
    return (await getJson<{ items: Item[] }>(kubeConfig, `${path}?${query}`)).items;
  };
  const proxied = { labelSelector: PROXIED };
  const [services, slices, serviceCIDRs, [node]] = await Promise.all([
    list<Service>('/api/v1/services', proxied),
    list<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices', proxied),
    // A server before 1.33 has none.
    list<ServiceCIDR>('/apis/networking.k8s.io/v1/servicecidrs').catch(() => []),
    list<Node>('/api/v1/nodes', { fieldSelector: `metadata.name=${nodeName}` }),
  ]);
  return { services, slices, serviceCIDRs, node };
}

/** What the node holds of both kinds, and the mode: the one that is asked for, else what its rules are of. */
async function readNode(
  target: OpenTarget,
  { iptables, ip6tables, nft }: NodeCapabilities,
  asked: ProxyMode | undefined,
): Promise<SavedRules> {
  const { verbs } = target;
  const has = { IPv4: iptables.available, IPv6: ip6tables.available };
  const both = async (
    read: (family: IPFamily) => Promise<string>,
    parse: (text: string, family: IPFamily) => Ruleset,
  ): Promise<SavedRules> => {
    const texts = await Promise.all(FAMILIES.map(read));
    const modes = texts.map((text, index) => parseSavedRules(text, FAMILIES[index]).mode);
    // A table that is not there is rules of this kind that are missing, not rules of none.
    const rulesets = FAMILIES.map((family, index) => parse(texts[index] ?? '', family));
    return { rulesets, mode: modes.find((mode) => mode !== undefined) };
  };
  const fromIptables = await both(
    async (family) => (has[family] ? verbs.readIptables({ family }) : ''),
    parseIptablesSave,
  );
  const fromNft = nft.available
    ? await both((family) => verbs.readNftables({ family }), parseNftables)
    : { rulesets: [], mode: undefined };
  const mode = asked ?? fromIptables.mode ?? fromNft.mode;
  return { rulesets: [...fromIptables.rulesets, ...fromNft.rulesets], mode };
}
