/**
 * How the kube-proxy of a node is configured, and which version it is, as the cluster's objects tell: the ConfigMap that
 * kubeadm, kind and minikube give it, the flags of its pod, or those that k3s notes on its Node.
 */
import type { Node } from '../kubernetes/objects.ts';
import { DEFAULT_CONFIGURATION, type ProxyConfiguration } from '../proxy/configuration.ts';
import { configurationOfFlags, flagValue } from '../proxy/configuration-flags.ts';
import { ConfigurationError, readConfiguration } from '../proxy/configuration-reader.ts';

export interface ConfigMap {
  readonly data?: Readonly<Record<string, string>>;
}

/** What is looked at of kube-proxy's pod. */
export interface ProxyPod {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: {
    readonly containers?: readonly {
      readonly name?: string;
      readonly image?: string;
      readonly command?: readonly string[];
      readonly args?: readonly string[];
    }[];
  };
}

/** Asked of the cluster: what it answered, or why it did not. */
export type Asked<Item> = { readonly found: Item | undefined } | { readonly refused: string };

export interface ProxyTraces {
  /** `kube-system/kube-proxy` */
  readonly configMap: Asked<ConfigMap>;
  /** kube-proxy's pod on the node. */
  readonly pod: Asked<ProxyPod>;
  readonly node: Asked<Node>;
}

export type ConfigurationSource =
  | { readonly kind: 'ConfigMap'; readonly name: string; readonly key: string }
  /** `of`: `Pod kube-system/kube-proxy-x7k2p`, `Node here`. */
  | { readonly kind: 'flags'; readonly of: string }
  | { readonly kind: 'defaults' };

export interface RunningProxy {
  readonly configuration: ProxyConfiguration;
  readonly source: ConfigurationSource;
  /** `v1.33.1`; null where nothing tells. */
  readonly version: string | null;
  /** What could not be read, and why; what could not be used. */
  readonly notes: readonly string[];
}

const CONFIG_MAP = 'kube-system/kube-proxy';
/** kubeadm's name for it. */
const KEY = 'config.conf';
const K3S_ARGUMENTS = 'k3s.io/node-args';
/** What k3s gives its pods where nobody says otherwise. */
const K3S_CLUSTER_CIDR = '10.42.0.0/16';

export function runningProxy({ configMap, pod, node: askedNode }: ProxyTraces): RunningProxy {
  const notes: string[] = [];
  const told = <Item>(what: string, asked: Asked<Item>): Item | undefined => {
    if ('found' in asked) return asked.found;
    notes.push(`${what} could not be read: ${asked.refused}`);
    return undefined;
  };
  const map = told(`ConfigMap ${CONFIG_MAP}`, configMap);
  const node = told('the Node', askedNode);
  const thePod = told("kube-proxy's pod", pod);
  const container = thePod?.spec?.containers?.find(
    ({ name, image }) => name === 'kube-proxy' || isProxy(image),
  );
  const args = container && [...(container.command ?? []).slice(1), ...(container.args ?? [])];
  const version = versionOf(container?.image, node);
  const found = ofPod(args, thePod, map, notes) ??
    (args ? undefined : ofConfigMap(map, KEY, notes)) ??
    ofK3s(node, notes) ?? { configuration: DEFAULT_CONFIGURATION, source: { kind: 'defaults' as const } };
  if (found.source.kind === 'defaults') {
    notes.push('nothing tells how its kube-proxy is configured: compared with the defaults');
  }
  return { ...found, version, notes };
}

type Found = Pick<RunningProxy, 'configuration' | 'source'>;

function ofPod(
  args: readonly string[] | undefined,
  pod: ProxyPod | undefined,
  map: ConfigMap | undefined,
  notes: string[],
): Found | undefined {
  if (!args || !pod) return undefined;
  const file = flagValue(args, 'config');
  if (file !== undefined) return ofConfigMap(map, file.split('/').at(-1) ?? KEY, notes);
  const of = `Pod ${pod.metadata?.namespace ?? 'kube-system'}/${pod.metadata?.name ?? ''}`;
  return ofFlags(args, of, notes);
}

function ofFlags(args: readonly string[], of: string, notes: string[]): Found | undefined {
  const configuration = configurationOfFlags(args);
  if (configuration) return { configuration, source: { kind: 'flags', of } };
  notes.push(`the flags of ${of} are none that kube-proxy starts with`);
  return undefined;
}

function ofConfigMap(map: ConfigMap | undefined, key: string, notes: string[]): Found | undefined {
  const text = map?.data?.[key];
  if (text === undefined) {
    if (map) notes.push(`ConfigMap ${CONFIG_MAP} has no ${key}`);
    return undefined;
  }
  try {
    const { configuration } = readConfiguration(text);
    return { configuration, source: { kind: 'ConfigMap', name: CONFIG_MAP, key } };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    notes.push(`${key} of ConfigMap ${CONFIG_MAP} cannot be used: ${error.message.split('\n')[0]}`);
    return undefined;
  }
}

/** k3s and RKE2 run kube-proxy themselves, and note their own command line on the Node. */
function ofK3s(node: Node | undefined, notes: string[]): Found | undefined {
  const text = node?.metadata?.annotations?.[K3S_ARGUMENTS];
  if (text === undefined) return undefined;
  const args = listOfTexts(text);
  const given = args.flatMap((arg, index) => {
    if (arg === '--kube-proxy-arg') return [args[index + 1] ?? ''];
    return arg.startsWith('--kube-proxy-arg=') ? [arg.slice('--kube-proxy-arg='.length)] : [];
  });
  const cidr = flagValue(args, 'cluster-cidr') ?? K3S_CLUSTER_CIDR;
  // What is given last counts: a person's own word overrides k3s'.
  const flags = [`--cluster-cidr=${cidr}`, ...given.map((each) => `--${each.replace(/^-+/, '')}`)];
  return ofFlags(flags, `Node ${node?.metadata?.name ?? ''}`, notes);
}

function listOfTexts(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}

function isProxy(image = ''): boolean {
  return /(?:^|\/)kube-proxy(?:-\w+)?[:@]/.test(image);
}

/** By the image's tag; else as the kubelet says, which a kube-proxy of k3s shares its program with. */
function versionOf(image: string | undefined, node: Node | undefined): string | null {
  const [, tag] = /:(v\d+\.\d+\.\d+[\w.+-]*)(?:@|$)/.exec(image ?? '') ?? [];
  const { kubeProxyVersion, kubeletVersion = '' } = node?.status?.nodeInfo ?? {};
  const embedded = kubeletVersion.includes('+') ? kubeletVersion : undefined;
  return tag ?? (kubeProxyVersion || embedded || null);
}

/** In words, one line: `ConfigMap kube-system/kube-proxy (config.conf), kube-proxy v1.33.1`. */
export function describeRunningProxy({ source, version }: Pick<RunningProxy, 'source' | 'version'>): string {
  const from =
    source.kind === 'ConfigMap'
      ? `ConfigMap ${source.name} (${source.key})`
      : source.kind === 'flags'
        ? `the flags of ${source.of}`
        : "kube-proxy's defaults";
  return version === null ? from : `${from}, kube-proxy ${version}`;
}
