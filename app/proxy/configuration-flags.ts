/**
 * kube-proxy's configuration as its command line gives it (cmd/kube-proxy/app/options.go). With `--config` the file
 * decides and all other flags but `--hostname-override` are passed over, as kube-proxy does.
 */
import type { ProxyConfiguration } from './configuration.ts';
import type { FieldValues } from './configuration-reader.ts';
import { toConfiguration, validateConfiguration } from './configuration-values.ts';

type FlagType = 'text' | 'number' | 'boolean' | 'list';

/** Flags that decide about rules, with the fields they stand for. */
const FLAGS: Readonly<Record<string, readonly [type: FlagType, ...fields: string[]]>> = {
  'proxy-mode': ['text', 'mode'],
  'cluster-cidr': ['text', 'clusterCIDR'],
  'bind-address': ['text', 'bindAddress'],
  'hostname-override': ['text', 'hostnameOverride'],
  'detect-local-mode': ['text', 'detectLocalMode'],
  'pod-bridge-interface': ['text', 'detectLocal.bridgeInterface'],
  'pod-interface-name-prefix': ['text', 'detectLocal.interfaceNamePrefix'],
  'nodeport-addresses': ['list', 'nodePortAddresses'],
  // One flag for both modes.
  'masquerade-all': ['boolean', 'iptables.masqueradeAll', 'nftables.masqueradeAll'],
  'iptables-masquerade-bit': ['number', 'iptables.masqueradeBit', 'nftables.masqueradeBit'],
  'iptables-localhost-nodeports': ['boolean', 'iptables.localhostNodePorts'],
  'iptables-sync-period': ['text', 'iptables.syncPeriod', 'nftables.syncPeriod'],
  'iptables-min-sync-period': ['text', 'iptables.minSyncPeriod', 'nftables.minSyncPeriod'],
  'conntrack-tcp-be-liberal': ['boolean', 'conntrack.tcpBeLiberal'],
};

/** `--name=value`, `--name value`, and `--name` alone for what is true. */
export function flagValue(args: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (const [index, arg] of args.entries()) {
    const [, flag, value] = /^--?([\w-]+)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    if (flag !== name) continue;
    const next = args[index + 1];
    const isBoolean = FLAGS[name]?.[0] === 'boolean';
    found = value ?? (isBoolean || next === undefined || next.startsWith('-') ? 'true' : next);
  }
  return found;
}

/** @returns undefined where a value is none that kube-proxy would have started with. */
export function configurationOfFlags(args: readonly string[]): ProxyConfiguration | undefined {
  const fields: FieldValues = new Map();
  for (const [flag, [type, ...names]] of Object.entries(FLAGS)) {
    const text = flagValue(args, flag);
    if (text === undefined) continue;
    for (const name of names) fields.set(name, readValue(type, text));
  }
  const configuration = toConfiguration(fields);
  return validateConfiguration(configuration, fields).length === 0 ? configuration : undefined;
}

function readValue(type: FlagType, text: string): unknown {
  if (type === 'number') return Number(text);
  if (type === 'boolean') return /^(?:1|t|true)$/i.test(text);
  return type === 'list' ? text.split(',').filter((item) => item !== '') : text;
}
