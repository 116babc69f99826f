import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../contract/cluster.ts';
import type { Endpoint, EndpointSlice, Pod, Service, ServiceSpec } from '../kubernetes/objects.ts';
import { formatOrigin } from '../ruleset/origin.ts';
import { ClusterIndex } from './cluster-index.ts';
import { diagnose } from './diagnose.ts';
import { engineFacts } from './engine-facts.ts';

/** The Service default/web selects app=web and sends port 80 to 8080. */
const BASE: ServiceSpec = {
  type: 'ClusterIP',
  clusterIP: '10.254.0.1',
  clusterIPs: ['10.254.0.1'],
  selector: { app: 'web' },
  ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
};

interface PodGiven {
  ready?: boolean;
  terminating?: boolean;
  phase?: string;
  ports?: NonNullable<NonNullable<Pod['spec']>['containers']>[number]['ports'];
  image?: string;
  labels?: Record<string, string>;
}

function pod(
  name: string,
  { ready = true, terminating = false, phase = 'Running', ...given }: PodGiven = {},
): Pod {
  const { ports = [{ containerPort: 8080, name: 'http' }], image = 'echo', labels = { app: 'web' } } = given;
  return {
    metadata: { name, namespace: 'default', labels, ...(terminating ? { deletionTimestamp: 'now' } : {}) },
    spec: { containers: [{ name: 'main', image, ports }] },
    status: {
      phase,
      podIP: '192.168.125.9',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

const HERE: Endpoint = { addresses: ['192.168.125.9'], nodeName: 'lab-node', conditions: { ready: true } };
const ELSEWHERE: Endpoint = { ...HERE, nodeName: 'other' };
const ENDING: Endpoint = { ...HERE, conditions: { ready: false, serving: true, terminating: true } };
const SILENT: Endpoint = { ...HERE, conditions: { ready: false, serving: false, terminating: false } };

interface Given {
  name?: string;
  spec?: ServiceSpec;
  labels?: Record<string, string>;
  ingress?: { ip: string }[];
  pods?: Pod[];
  endpoints?: Endpoint[];
  mode?: 'userspace' | 'iptables' | 'nftables';
  dialect?: 'current' | 'classic';
  loadBalancer?: boolean;
  warnings?: string[];
}

function codes(given: Given): string[] {
  return diagnosesOf(given).map(({ severity, code }) => `${severity} ${code}`);
}

function diagnosesOf(given: Given): ReturnType<typeof diagnose> {
  const { name = 'web', spec = {}, labels = {}, ingress = [], pods = [pod('a')], endpoints = [HERE] } = given;
  const service: Service = {
    metadata: { name, namespace: 'default', labels },
    spec: { ...BASE, ...spec },
    status: { loadBalancer: { ingress } },
  };
  const slice: EndpointSlice = {
    metadata: { name: 'web-x', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints,
  };
  const cluster = { pods, endpointSlices: [slice] } as unknown as ClusterState;
  const { mode = 'iptables', dialect = 'current', loadBalancer = false, warnings = [] } = given;
  const node = { name: 'lab-node', ipv4: '10.0.0.5', ipv6: 'fd00:10::5' };
  return diagnose(
    service,
    new ClusterIndex(cluster),
    engineFacts({ mode, dialect, loadBalancer, warnings, node }),
  );
}

const NODE_PORT: ServiceSpec = { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] };
const LOAD_BALANCER: ServiceSpec = { ...NODE_PORT, type: 'LoadBalancer' };
const SCTP: ServiceSpec = { ports: [{ port: 80, targetPort: 8080, protocol: 'SCTP' }] };

describe('what is wrong with a Service', () => {
  it.each<[string, Given, string[]]>([
    ['nothing, where pods are ready and listen', {}, []],
    ['its selector matches no pod', { pods: [], endpoints: [] }, ['problem selector-matches-nothing']],
    [
      'a pod lacks one of its labels',
      { spec: { selector: { app: 'web', tier: 'front' } }, endpoints: [] },
      ['problem selector-matches-nothing'],
    ],
    [
      'its pods have ended',
      { pods: [pod('a', { phase: 'Succeeded' })], endpoints: [] },
      ['problem selector-matches-nothing'],
    ],
    [
      'its selector matches no pod, but a slice was made by hand',
      { pods: [] },
      ['warning selector-matches-nothing'],
    ],
    [
      'it has no selector and nobody made endpoints',
      { spec: { selector: {} }, endpoints: [] },
      ['problem no-selector'],
    ],
    [
      "it is the API server's own",
      { name: 'kubernetes', spec: { selector: {} }, endpoints: [] },
      ['note no-selector'],
    ],
    ['it has no selector, and endpoints made by hand', { spec: { selector: {} }, pods: [] }, []],
    [
      'endpoints made by hand are not ready',
      { spec: { selector: {} }, endpoints: [SILENT] },
      ['problem no-ready-pod'],
    ],
    [
      'no pod is ready',
      { pods: [pod('a', { ready: false })], endpoints: [SILENT] },
      ['problem no-ready-pod'],
    ],
    [
      'some pods are not ready',
      { pods: [pod('a'), pod('b', { ready: false })] },
      ['warning pods-partly-ready'],
    ],
    [
      'one of two pods ends: that is as it should be',
      { pods: [pod('a'), pod('b', { terminating: true })] },
      [],
    ],
    [
      'only pods that end are left',
      { pods: [pod('a', { terminating: true })], endpoints: [ENDING] },
      ['warning serving-terminating'],
    ],
    [
      'only pods that have stopped serving are left',
      { pods: [pod('a', { terminating: true })], endpoints: [] },
      ['problem no-ready-pod'],
    ],
    [
      'pods that are not ready get traffic too',
      { spec: { publishNotReadyAddresses: true }, pods: [pod('a', { ready: false })] },
      ['note publish-not-ready'],
    ],
    [
      'nobody listens on the target port',
      { spec: { ports: [{ port: 80 }] } },
      ['problem target-port-unheard'],
    ],
    [
      'one pod of two does not listen there',
      { pods: [pod('a'), pod('b', { ports: [{ containerPort: 1 }] })] },
      ['warning target-port-unheard'],
    ],
    [
      'an image that declares nothing listens on its known port',
      { spec: { ports: [{ port: 3306 }] }, pods: [pod('a', { image: 'mysql', ports: [] })] },
      [],
    ],
    [
      'the port is listened on in another protocol',
      { spec: { ports: [{ port: 8080, protocol: 'UDP' }] } },
      ['problem protocol-unheard'],
    ],
    ['the target port is named, and there', { spec: { ports: [{ port: 80, targetPort: 'http' }] } }, []],
    [
      'no container names its port so',
      { spec: { ports: [{ port: 80, targetPort: 'web' }] } },
      ['problem target-port-name-unknown'],
    ],
    [
      'the named port has another protocol',
      { spec: { ports: [{ port: 80, targetPort: 'http', protocol: 'UDP' }] } },
      ['problem protocol-unheard'],
    ],
    ['it is headless', { spec: { clusterIP: 'None', ports: [{ port: 1 }] } }, ['note headless']],
    [
      'it is a name elsewhere',
      { spec: { type: 'ExternalName', externalName: 'db.example' }, pods: [] },
      ['note external-name'],
    ],
    [
      'another proxy serves it',
      { labels: { 'service.kubernetes.io/service-proxy-name': 'other' } },
      ['warning other-proxy'],
    ],
    ['clients stay with their pod', { spec: { sessionAffinity: 'ClientIP' } }, ['note session-affinity']],
  ])('%s', (_name, given, expected) => expect(codes(given)).toEqual(expected));
});

describe('what is wrong with the ways to a Service', () => {
  it.each<[string, Given, string[]]>([
    ['a node port is well', { spec: NODE_PORT }, []],
    [
      'nftables mode does not answer on 127.0.0.1',
      { spec: NODE_PORT, mode: 'nftables' },
      ['note node-port-unreachable-localhost'],
    ],
    ['the lab gives no addresses', { spec: LOAD_BALANCER }, ['warning load-balancer-off']],
    [
      'the lab has given no address yet',
      { spec: LOAD_BALANCER, loadBalancer: true },
      ['warning load-balancer-pending'],
    ],
    ['it has an address outside', { spec: LOAD_BALANCER, ingress: [{ ip: '10.0.0.100' }] }, []],
    [
      'sources outside its ranges are dropped',
      {
        spec: { ...LOAD_BALANCER, loadBalancerSourceRanges: ['10.0.0.0/24'] },
        ingress: [{ ip: '10.0.0.100' }],
      },
      ['note source-ranges'],
    ],
    [
      'a Local policy with a pod here',
      { spec: { ...NODE_PORT, externalTrafficPolicy: 'Local' } },
      ['note local-policy'],
    ],
    [
      'a Local policy with pods elsewhere alone',
      { spec: { ...NODE_PORT, externalTrafficPolicy: 'Local' }, endpoints: [ELSEWHERE] },
      ['problem local-without-local-endpoint'],
    ],
    [
      'an internal Local policy with pods elsewhere alone',
      { spec: { internalTrafficPolicy: 'Local' }, endpoints: [ELSEWHERE] },
      ['problem local-without-local-endpoint'],
    ],
    [
      'an external policy of what is not external counts for nothing',
      { spec: { externalTrafficPolicy: 'Local' } },
      [],
    ],
    [
      'a Local policy that the mode does not know',
      {
        spec: { ...NODE_PORT, externalTrafficPolicy: 'Local' },
        mode: 'userspace',
        warnings: [omission('spec.externalTrafficPolicy', 'the userspace mode relays to any endpoint')],
      },
      ['warning omitted'],
    ],
    [
      'userspace mode relays no SCTP',
      { spec: SCTP, mode: 'userspace', pods: [] },
      ['problem unsupported-protocol', 'warning selector-matches-nothing'],
    ],
    [
      'the userspace proxy could not listen for a node port',
      {
        spec: NODE_PORT,
        mode: 'userspace',
        warnings: [
          'default/web: is not served: address in use',
          omission('spec.ports[0].port', 'no port is left'),
        ],
      },
      ['problem node-port-not-served'],
    ],
    [
      'the userspace proxy could not listen for a cluster IP',
      { mode: 'userspace', warnings: ['default/web: is not served: address in use'] },
      ['problem omitted'],
    ],
    [
      'an external address of a family it has not',
      { spec: { externalIPs: ['fd00::1'] } },
      ['warning omitted'],
    ],
    [
      "another Service's omissions are not its own",
      { warnings: [omission('spec.externalIPs[0]', 'no', 'web-2')] },
      [],
    ],
  ])('%s', (_name, given, expected) => expect(codes(given)).toEqual(expected));

  function omission(field: string, reason: string, name = 'web'): string {
    return `${formatOrigin({ kind: 'Service', namespace: 'default', name, field })}: ${reason}`;
  }
});

describe('what a diagnosis says', () => {
  it('names the field and the numbers that its words need', () => {
    const pods = [pod('a', { ready: false }), pod('b', { terminating: true }), pod('c', { ready: false })];
    const spec: ServiceSpec = { ports: [{ port: 80, targetPort: 81 }], sessionAffinity: 'ClientIP' };
    expect(diagnosesOf({ spec, pods, endpoints: [] })).toEqual([
      { code: 'no-ready-pod', severity: 'problem', params: { pods: 3, notReady: 2, terminating: 1 } },
      {
        code: 'target-port-unheard',
        severity: 'problem',
        params: { port: 80, targetPort: 81, pods: 2, listening: '8080/TCP' },
        field: 'spec.ports[0].targetPort',
      },
      {
        code: 'session-affinity',
        severity: 'note',
        params: { timeoutSeconds: 10_800 },
        field: 'spec.sessionAffinity',
      },
    ]);
  });

  it('tells of each port by its place', () => {
    const ports = [
      { port: 1, targetPort: 8080 },
      { port: 2, targetPort: 2 },
      { port: 3, targetPort: 'x' },
    ];
    expect(diagnosesOf({ spec: { ports } }).map(({ field }) => field)).toEqual([
      'spec.ports[1].targetPort',
      'spec.ports[2].targetPort',
    ]);
  });
});
