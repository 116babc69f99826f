/** `kube-proxy-lab verify --target`: what differs on a node between the rules there and those that should be. */
import { hostname } from 'node:os';
import type { KubeConfig } from '@kubernetes/client-node';
import type { EndpointSlice, Node, Service, ServiceCIDR } from '../../app/kubernetes/objects.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { kernelSettings } from '../../app/proxy/kernel-settings.ts';
import { resolveNode } from '../../app/proxy/node.ts';
import type { RunningProxy } from '../../app/verify/running-proxy.ts';
import { getJson } from '../cluster/call-api.ts';
import type { NodeCapabilities } from '../helper/node-protocol.ts';
import { type OpenTarget, openTarget } from '../targets/open-target.ts';
import { parseTargetSpec } from '../targets/target-spec.ts';
import { readNode, readSettings } from '../verification/read-node.ts';
import { readRunningProxy } from '../verification/read-running-proxy.ts';
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

/** kube-proxy's own selection: what it leaves alone is never sent to it. */
const PROXIED = '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name';
/** A node is often right a moment later; one that is not is not to be kept busy. */
const FIRST_PAUSE_MS = 25;
const LAST_PAUSE_MS = 500;

/** A node that is opened to be looked at as often as is needed. */
export interface OpenVerification {
  /** Lists the cluster anew, reads the node, compares. */
  look(): Promise<VerifyResult>;
  close(): Promise<void> | void;
}

/** @throws BadInputError, TargetError */
export async function verifyLive(options: VerifyLiveOptions): Promise<VerifyResult> {
  const verification = await openVerification(options);
  try {
    const end = Date.now() + (options.wait ?? 0) * 1000;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LAST_PAUSE_MS)) {
      const result = await verification.look();
      if (result.same || Date.now() >= end) return result;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  } finally {
    await verification.close();
  }
}

/** @throws BadInputError, TargetError */
export async function openVerification(options: VerifyLiveOptions): Promise<OpenVerification> {
  const file = readConfigurationFile(options.config, { strict: options.strictConfig });
  const kubeConfig = loadKubeConfig(options.kubeconfig ?? (file.configuration.kubeconfig || undefined));
  const name = options.node ?? (file.configuration.hostnameOverride || hostname().toLowerCase());
  const target = await openTarget(parseTargetSpec(options.target), { elevate: options.elevate ?? false });
  try {
    const capabilities = await target.verbs.capabilities({ changesNothing: true });
    let proxy: RunningProxy | undefined;
    return {
      look: async () => {
        const cluster = await readCluster(kubeConfig, name);
        // A file that is named is what the node is compared with, whatever its kube-proxy was given.
        if (options.config === undefined) proxy ??= await readRunningProxy(kubeConfig, name);
        const configuration = proxy?.configuration ?? file.configuration;
        const result = await look({ options, configuration, proxy, cluster, name, target, capabilities });
        return { ...result, warnings: [...file.warnings, ...(proxy?.notes ?? []), ...result.warnings] };
      },
      close: () => target.close(),
    };
  } catch (error) {
    await target.close();
    throw error;
  }
}

interface Look {
  options: VerifyLiveOptions;
  configuration: ProxyConfiguration;
  /** Where the configuration was found; undefined where a file gave it. */
  proxy: RunningProxy | undefined;
  cluster: ClusterNow;
  /** The node's. */
  name: string;
  target: OpenTarget;
  capabilities: NodeCapabilities;
}

async function look(view: Look): Promise<VerifyResult> {
  const { options, configuration, proxy, cluster, name, target, capabilities } = view;
  const saved = await readNode(target, capabilities, options.mode);
  const { services, slices, serviceCIDRs, node } = cluster;
  const { bindAddresses } = configuration;
  const proxyNode = resolveNode({ name, bindAddresses, ...(node ? { node } : {}) });
  const mode = supportedMode(saved.mode ?? configuration.mode);
  return compare({
    saved,
    snapshot: { services, slices, serviceCIDRs, configuration, node: proxyNode },
    mode,
    dialect: options.dialect,
    besides: await readSettings(target, kernelSettings(mode, configuration, proxyNode)),
    ...(proxy ? { proxy } : {}),
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
