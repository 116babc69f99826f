import { expect, test } from 'vitest';
import { describeRunningProxy, type ProxyTraces, runningProxy } from './running-proxy.ts';

/** As kubeadm writes it, with what decides about rules made another than the default. */
const KUBEADM = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection:
  acceptContentTypes: ""
  burst: 0
  contentType: ""
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
  qps: 0
clusterCIDR: 10.244.0.0/16
configSyncPeriod: 0s
conntrack: {maxPerCore: 0, min: null, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null, tcpBeLiberal: true}
detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables: {localhostNodePorts: false, masqueradeAll: false, masqueradeBit: 10, minSyncPeriod: 1s, syncPeriod: 0s}
kind: KubeProxyConfiguration
mode: nftables
nodePortAddresses: [10.0.0.0/8]
`;
const FILE = [
  '/usr/local/bin/kube-proxy',
  '--config=/var/lib/kube-proxy/config.conf',
  '--hostname-override=$(NODE_NAME)',
];

const nothing = { found: undefined };
const pod = (image: string, command: string[], args?: string[]): ProxyTraces['pod'] => ({
  found: {
    metadata: { namespace: 'kube-system', name: 'kube-proxy-x7k2p' },
    spec: { containers: [{ name: 'kube-proxy', image, command, ...(args ? { args } : {}) }] },
  },
});
const k3s = (...args: string[]): ProxyTraces['node'] => ({
  found: {
    metadata: { name: 'here', annotations: { 'k3s.io/node-args': JSON.stringify(args) } },
    status: { nodeInfo: { kubeletVersion: 'v1.30.4+k3s1' } },
  },
});

interface Row {
  readonly name: string;
  readonly traces: Partial<ProxyTraces>;
  readonly words: string;
  readonly configuration?: object;
  readonly notes?: readonly (string | RegExp)[];
}

const DEFAULTS = 'nothing tells how its kube-proxy is configured: compared with the defaults';
const rows: readonly Row[] = [
  {
    name: 'kubeadm, kind, minikube',
    traces: {
      configMap: { found: { data: { 'config.conf': KUBEADM } } },
      pod: pod('registry.k8s.io/kube-proxy:v1.33.1', FILE),
    },
    words: 'ConfigMap kube-system/kube-proxy (config.conf), kube-proxy v1.33.1',
    configuration: {
      mode: 'nftables',
      clusterCIDRs: ['10.244.0.0/16'],
      nodePortAddresses: ['10.0.0.0/8'],
      conntrackTcpBeLiberal: true,
      iptables: expect.objectContaining({ masqueradeBit: 10, localhostNodePorts: false }),
    },
  },
  {
    name: 'a file of another name, an image by its digest too',
    traces: {
      configMap: { found: { data: { 'config.conf': 'kind: Other', 'proxy.yaml': KUBEADM } } },
      pod: pod('mirror:5000/kube-proxy-amd64:v1.29.0@sha256:abc', [
        'kube-proxy',
        '--config',
        '/etc/proxy.yaml',
      ]),
    },
    words: 'ConfigMap kube-system/kube-proxy (proxy.yaml), kube-proxy v1.29.0',
    configuration: { mode: 'nftables' },
  },
  {
    name: 'a pod with flags, whatever a ConfigMap says',
    traces: {
      configMap: { found: { data: { 'config.conf': KUBEADM } } },
      pod: pod('kube-proxy:v1.28.3', ['kube-proxy'], [
        '--cluster-cidr=10.1.0.0/16,fd01::/48', '--masquerade-all', '--iptables-masquerade-bit', '7',
        '--nodeport-addresses=primary', '--iptables-localhost-nodeports=false', '--v=2',
      ]), // biome-ignore format: flags side by side
    },
    words: 'the flags of Pod kube-system/kube-proxy-x7k2p, kube-proxy v1.28.3',
    configuration: {
      mode: 'iptables',
      clusterCIDRs: ['10.1.0.0/16', 'fd01::/48'],
      nodePortAddresses: ['primary'],
      iptables: expect.objectContaining({ masqueradeAll: true, masqueradeBit: 7, localhostNodePorts: false }),
    },
  },
  {
    name: 'k3s, which runs it itself',
    traces: {
      node: k3s('server', '--cluster-cidr', '10.50.0.0/16', '--kube-proxy-arg', 'proxy-mode=nftables'),
    },
    words: 'the flags of Node here, kube-proxy v1.30.4+k3s1',
    configuration: { mode: 'nftables', clusterCIDRs: ['10.50.0.0/16'] },
  },
  {
    name: 'k3s as it is',
    traces: { node: k3s('server') },
    words: 'the flags of Node here, kube-proxy v1.30.4+k3s1',
    configuration: { mode: 'iptables', clusterCIDRs: ['10.42.0.0/16'] },
  },
  {
    name: 'what a role forbids is told',
    traces: {
      configMap: { refused: 'configmaps "kube-proxy" is forbidden' },
      pod: { refused: 'pods is forbidden' },
    },
    words: "kube-proxy's defaults",
    configuration: { mode: 'iptables', clusterCIDRs: [] },
    notes: [
      'ConfigMap kube-system/kube-proxy could not be read: configmaps "kube-proxy" is forbidden',
      "kube-proxy's pod could not be read: pods is forbidden",
      DEFAULTS,
    ],
  },
  {
    name: 'a ConfigMap that kube-proxy would not start with',
    traces: {
      configMap: {
        found: { data: { 'config.conf': KUBEADM.replace('masqueradeBit: 10', 'masqueradeBit: 77') } },
      },
    },
    words: "kube-proxy's defaults",
    notes: [/^config\.conf of ConfigMap kube-system\/kube-proxy cannot be used: .*masqueradeBit/, DEFAULTS],
  },
  {
    name: 'flags that kube-proxy would not start with',
    traces: { pod: pod('kube-proxy:latest', ['kube-proxy', '--proxy-mode=fast']) },
    words: "kube-proxy's defaults",
    notes: ['the flags of Pod kube-system/kube-proxy-x7k2p are none that kube-proxy starts with', DEFAULTS],
  },
  {
    name: 'annotations that are no list',
    traces: { node: { found: { metadata: { name: 'here', annotations: { 'k3s.io/node-args': '{' } } } } },
    words: 'the flags of Node here',
  },
  { name: 'a cluster that tells nothing', traces: {}, words: "kube-proxy's defaults", notes: [DEFAULTS] },
];

test.each(rows)('$name', ({ traces, words, configuration = {}, notes = [] }) => {
  const found = runningProxy({ configMap: nothing, pod: nothing, node: nothing, ...traces });
  expect(describeRunningProxy(found)).toBe(words);
  expect(found.configuration).toMatchObject(configuration);
  expect(found.notes).toEqual(
    notes.map((note) => (typeof note === 'string' ? note : expect.stringMatching(note))),
  );
});
