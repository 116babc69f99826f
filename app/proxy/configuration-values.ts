/** From the fields of a KubeProxyConfiguration to the proxy's configuration: defaults, then validation. */
import type { ProxyConfiguration, RuleSettings } from './configuration.ts';
import { DEFAULT_CONFIGURATION } from './configuration.ts';
import type { ConfigurationProblem, FieldValues } from './configuration-reader.ts';
import { parseDuration } from './duration.ts';
import { parseCidr, parseIp } from './ip-address.ts';
import { NODE_PORT_ADDRESSES_PRIMARY } from './node-port-addresses.ts';

const HEALTHZ_PORT = 10256;
const METRICS_PORT = 10249;

/** Fills in kube-proxy's defaults (v1alpha1/defaults.go); an empty value is no value. Values are not checked. */
export function toConfiguration(fields: FieldValues): ProxyConfiguration {
  const defaults = DEFAULT_CONFIGURATION;
  const text = (field: string): string => (fields.get(field) as string | undefined) ?? '';
  const bindAddress = text('bindAddress') || '0.0.0.0';
  const isV4 = parseIp(bindAddress.split(',')[0] ?? '')?.family === 'IPv4';
  return {
    mode: (text('mode') || defaults.mode) as ProxyConfiguration['mode'],
    hostnameOverride: text('hostnameOverride').trim().toLowerCase(),
    bindAddresses: bindAddress.split(','),
    healthzBindAddress: withPort(text('healthzBindAddress') || (isV4 ? '0.0.0.0' : '::'), HEALTHZ_PORT),
    metricsBindAddress: withPort(text('metricsBindAddress') || (isV4 ? '127.0.0.1' : '::1'), METRICS_PORT),
    kubeconfig: text('clientConnection.kubeconfig'),
    iptables: {
      ...ruleSettings(fields, 'iptables', defaults.iptables),
      localhostNodePorts: (fields.get('iptables.localhostNodePorts') as boolean | undefined) ?? true,
    },
    nftables: ruleSettings(fields, 'nftables', defaults.nftables),
    detectLocalMode: (text('detectLocalMode') ||
      defaults.detectLocalMode) as ProxyConfiguration['detectLocalMode'],
    detectLocal: {
      bridgeInterface: text('detectLocal.bridgeInterface'),
      interfaceNamePrefix: text('detectLocal.interfaceNamePrefix'),
    },
    clusterCIDRs: text('clusterCIDR') === '' ? [] : text('clusterCIDR').split(','),
    nodePortAddresses: (fields.get('nodePortAddresses') as string[] | undefined) ?? [],
    conntrackTcpBeLiberal: (fields.get('conntrack.tcpBeLiberal') as boolean | undefined) ?? false,
    configSyncPeriodMs: duration(fields, 'configSyncPeriod') || defaults.configSyncPeriodMs,
    udpIdleTimeoutMs: duration(fields, 'udpIdleTimeout') || defaults.udpIdleTimeoutMs,
    portRange: parsePortRange(text('portRange')),
  };
}

function ruleSettings(fields: FieldValues, section: string, defaults: RuleSettings): RuleSettings {
  return {
    masqueradeBit: (fields.get(`${section}.masqueradeBit`) as number | undefined) ?? defaults.masqueradeBit,
    masqueradeAll: (fields.get(`${section}.masqueradeAll`) as boolean | undefined) ?? defaults.masqueradeAll,
    syncPeriodMs: duration(fields, `${section}.syncPeriod`) || defaults.syncPeriodMs,
    minSyncPeriodMs: duration(fields, `${section}.minSyncPeriod`) || defaults.minSyncPeriodMs,
  };
}

function duration(fields: FieldValues, field: string): number {
  return parseDuration((fields.get(field) as string | undefined) ?? '0') ?? 0;
}

/** An address alone gets the port; anything else is left for validation to judge. */
function withPort(address: string, port: number): string {
  const ip = parseIp(address);
  if (ip === undefined) return address;
  return ip.family === 'IPv4' ? `${address}:${port}` : `[${address}]:${port}`;
}

/** `from-to`, `from+count` or one port; undefined for none (`""`, `0-0`), also when it is not valid. */
function parsePortRange(text: string): ProxyConfiguration['portRange'] {
  const [, from, operator, second] = /^\s*(\d+)\s*(?:([-+])\s*(\d+))?\s*$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const first = Number(from);
  const last = second === undefined ? first : operator === '+' ? first + Number(second) : Number(second);
  return first === 0 && last === 0 ? undefined : { from: first, to: last };
}

/** What kube-proxy's validation (apis/config/validation) refuses. */
export function validateConfiguration(
  configuration: ProxyConfiguration,
  fields: FieldValues,
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const refuse = (field: string, value: unknown, message: string): void => {
    problems.push({ field, message: `Invalid value: ${JSON.stringify(value)}: ${message}` });
  };
  const oneOf = (field: string, value: string, allowed: readonly string[]): void => {
    if (!allowed.includes(value)) refuse(field, value, `must be one of ${allowed.join(', ')}, or blank`);
  };
  oneOf('mode', configuration.mode, ['iptables', 'ipvs', 'nftables', 'userspace']);
  oneOf('detectLocalMode', configuration.detectLocalMode, [
    'BridgeInterface',
    'ClusterCIDR',
    'InterfaceNamePrefix',
    'NodeCIDR',
  ]);
  for (const address of configuration.bindAddresses) {
    if (parseIp(address) === undefined)
      refuse('bindAddress', address, 'not a valid textual representation of an IP address');
  }
  validateServers(configuration, refuse);
  validateRuleSettings('iptables', configuration.iptables, refuse);
  validateRuleSettings('nftables', configuration.nftables, refuse);
  validateLocalDetection(configuration, refuse);
  validateNodePortAddresses(configuration.nodePortAddresses, refuse);
  if (configuration.configSyncPeriodMs < 0)
    refuse('configSyncPeriod', fields.get('configSyncPeriod'), 'must be greater than 0');
  if (configuration.udpIdleTimeoutMs < 0)
    refuse('udpIdleTimeout', fields.get('udpIdleTimeout'), 'must be greater than 0');
  validatePortRange(String(fields.get('portRange') ?? ''), configuration.portRange, refuse);
  validateInertNumbers(fields, refuse);
  return problems;
}

type Refuse = (field: string, value: unknown, message: string) => void;

function validateServers(
  { healthzBindAddress, metricsBindAddress }: ProxyConfiguration,
  refuse: Refuse,
): void {
  for (const [field, value] of Object.entries({ healthzBindAddress, metricsBindAddress })) {
    const [, v6, v4, port] = /^(?:\[([^\]]*)\]|([^:]*)):(.*)$/.exec(value) ?? [];
    if (port === undefined) refuse(field, value, 'must be IP:port');
    else if (parseIp(v6 ?? v4 ?? '') === undefined) refuse(field, value, 'must be a valid IP');
    else if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535)
      refuse(field, value, 'must be a valid port');
  }
}

function validateRuleSettings(section: string, settings: RuleSettings, refuse: Refuse): void {
  const { masqueradeBit, syncPeriodMs, minSyncPeriodMs } = settings;
  if (masqueradeBit < 0 || masqueradeBit > 31) {
    refuse(`${section}.masqueradeBit`, masqueradeBit, 'must be within the range [0, 31]');
  }
  if (syncPeriodMs <= 0) refuse(`${section}.syncPeriod`, `${syncPeriodMs}ms`, 'must be greater than 0');
  if (minSyncPeriodMs < 0)
    refuse(`${section}.minSyncPeriod`, `${minSyncPeriodMs}ms`, 'must be greater than or equal to 0');
  if (minSyncPeriodMs > syncPeriodMs) {
    refuse(
      `${section}.syncPeriod`,
      `${syncPeriodMs}ms`,
      `must be greater than or equal to ${section}.minSyncPeriod`,
    );
  }
}

function validateLocalDetection(
  { detectLocalMode, detectLocal, clusterCIDRs }: ProxyConfiguration,
  refuse: Refuse,
): void {
  const { bridgeInterface, interfaceNamePrefix } = detectLocal;
  if (detectLocalMode === 'BridgeInterface' && bridgeInterface === '') {
    refuse('detectLocal.bridgeInterface', bridgeInterface, 'must not be empty');
  }
  if (detectLocalMode === 'InterfaceNamePrefix' && interfaceNamePrefix === '') {
    refuse('detectLocal.interfaceNamePrefix', interfaceNamePrefix, 'must not be empty');
  }
  if (detectLocalMode !== 'ClusterCIDR' || clusterCIDRs.length === 0) return;
  const families = clusterCIDRs.map((cidr) => parseCidr(cidr)?.family);
  const text = clusterCIDRs.join(',');
  if (families.includes(undefined)) {
    refuse('clusterCIDR', text, 'must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)');
  } else if (families.length > 2 || new Set(families).size !== families.length) {
    refuse('clusterCIDR', text, 'must be a valid DualStack CIDR (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)');
  }
}

function validateNodePortAddresses(addresses: readonly string[], refuse: Refuse): void {
  addresses.forEach((address, index) => {
    const field = `nodePortAddresses[${index}]`;
    if (address === NODE_PORT_ADDRESSES_PRIMARY) {
      if (addresses.length > 1) refuse(field, address, "can't use both 'primary' and CIDRs");
    } else if (parseCidr(address) === undefined) {
      refuse(field, address, 'must be a valid CIDR block, e.g. 10.0.0.0/24 or fd00::/64');
    }
  });
}

function validatePortRange(text: string, range: ProxyConfiguration['portRange'], refuse: Refuse): void {
  const isNone = /^\s*(?:0(?:\s*-\s*0)?)?\s*$/.test(text);
  if (isNone) return;
  if (range === undefined || range.from > range.to || range.to > 65535) {
    refuse('portRange', text, 'must be a valid port range (e.g. 300-2000)');
  }
}

/** Without effect here, but kube-proxy would not start with them either. */
function validateInertNumbers(fields: FieldValues, refuse: Refuse): void {
  const oomScoreAdj = fields.get('oomScoreAdj') as number | undefined;
  if (oomScoreAdj !== undefined && Math.abs(oomScoreAdj) > 1000) {
    refuse('oomScoreAdj', oomScoreAdj, 'must be within the range [-1000, 1000]');
  }
  for (const field of ['conntrack.maxPerCore', 'conntrack.min', 'clientConnection.burst']) {
    const value = fields.get(field) as number | undefined;
    if (value !== undefined && value < 0) refuse(field, value, 'must be greater than or equal to 0');
  }
  for (const field of ['tcpEstablishedTimeout', 'tcpCloseWaitTimeout', 'udpTimeout', 'udpStreamTimeout']) {
    const value = fields.get(`conntrack.${field}`) as string | undefined;
    if (value !== undefined && (parseDuration(value) ?? 0) < 0) {
      refuse(`conntrack.${field}`, value, 'must be greater than or equal to 0');
    }
  }
}
