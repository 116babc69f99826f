/**
 * The fields of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) and what they do here.
 *
 * The current API whole, and those fields of earlier releases that still mean something to the userspace mode.
 */

export type FieldType =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'duration'
  | 'strings'
  | 'booleans'
  | 'any';

/** A leaf with its type, or a structure of further fields. */
export type FieldSchema =
  | { readonly type: FieldType; readonly inert?: true }
  | { readonly fields: StructSchema };
export type StructSchema = Readonly<Record<string, FieldSchema>>;

const string = { type: 'string' } as const;
const boolean = { type: 'boolean' } as const;
const integer = { type: 'integer' } as const;
const duration = { type: 'duration' } as const;
const strings = { type: 'strings' } as const;

/** Accepted, as kube-proxy accepts it, and without effect here. */
function inert(type: FieldType): FieldSchema {
  return { type, inert: true };
}

export const CONFIGURATION_SCHEMA: StructSchema = {
  apiVersion: string,
  kind: string,
  featureGates: inert('booleans'),
  clientConnection: {
    fields: {
      kubeconfig: string,
      acceptContentTypes: inert('string'),
      contentType: inert('string'),
      qps: inert('number'),
      burst: { ...integer, inert: true },
    },
  },
  logging: inert('any'),
  hostnameOverride: string,
  bindAddress: string,
  healthzBindAddress: string,
  metricsBindAddress: string,
  bindAddressHardFail: inert('boolean'),
  enableProfiling: inert('boolean'),
  showHiddenMetricsForVersion: inert('string'),
  mode: string,
  iptables: {
    fields: {
      masqueradeBit: integer,
      masqueradeAll: boolean,
      localhostNodePorts: boolean,
      syncPeriod: duration,
      minSyncPeriod: duration,
    },
  },
  ipvs: {
    fields: {
      syncPeriod: inert('duration'),
      minSyncPeriod: inert('duration'),
      scheduler: inert('string'),
      excludeCIDRs: inert('strings'),
      strictARP: inert('boolean'),
      tcpTimeout: inert('duration'),
      tcpFinTimeout: inert('duration'),
      udpTimeout: inert('duration'),
    },
  },
  nftables: {
    fields: { masqueradeBit: integer, masqueradeAll: boolean, syncPeriod: duration, minSyncPeriod: duration },
  },
  winkernel: {
    fields: {
      networkName: inert('string'),
      sourceVip: inert('string'),
      enableDSR: inert('boolean'),
      rootHnsEndpointName: inert('string'),
      forwardHealthCheckVip: inert('boolean'),
    },
  },
  detectLocalMode: string,
  detectLocal: { fields: { bridgeInterface: string, interfaceNamePrefix: string } },
  clusterCIDR: string,
  nodePortAddresses: strings,
  oomScoreAdj: inert('integer'),
  conntrack: {
    fields: {
      maxPerCore: inert('integer'),
      min: inert('integer'),
      tcpEstablishedTimeout: inert('duration'),
      tcpCloseWaitTimeout: inert('duration'),
      tcpBeLiberal: boolean,
      udpTimeout: inert('duration'),
      udpStreamTimeout: inert('duration'),
    },
  },
  configSyncPeriod: duration,
  portRange: string,
  windowsRunAsService: inert('boolean'),
  // Of earlier releases.
  udpIdleTimeout: duration,
  resourceContainer: inert('string'),
};
