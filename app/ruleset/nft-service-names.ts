/** What kube-proxy's names in nftables tell of the Service they are for. */
import type { Protocol } from '../kubernetes/objects.ts';
import type { ServicePortName } from './model.ts';

/** `service-HASH-namespace/name/protocol/port`; for an endpoint, `__address/port` follows. */
const SERVICE_CHAIN =
  /^(?:service|local|external|firewall|endpoint|affinity)-[A-Z2-7]{8}-([a-z0-9-]+)\/([a-z0-9.-]+)\/(tcp|udp|sctp)\/([a-z0-9-]*)(?:__.*)?$/;

/** `namespace/name:port`, or `namespace/name`. */
const PRINTED_NAME = /^([a-z0-9-]+)\/([a-z0-9.-]+)(?::([a-z0-9-]*))?$/;

const PROTOCOLS: Readonly<Record<string, Protocol>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };

/** The Service port that a chain or an affinity set is named after; undefined for the table's own ones. */
export function serviceOfChain(chain: string): ServicePortName | undefined {
  const [, namespace, name, protocol = '', port = ''] = SERVICE_CHAIN.exec(chain) ?? [];
  return servicePortName({ namespace, name, port, protocol });
}

/** The Service port that an element leads to, or that its comment names. */
export function serviceOfElement(element: {
  key: readonly string[];
  value?: string;
  comment?: string;
}): ServicePortName | undefined {
  const [, chain] = /^(?:goto|jump) (\S+)$/.exec(element.value ?? '') ?? [];
  const service = chain === undefined ? undefined : serviceOfChain(chain);
  if (service) return service;
  const [, namespace, name, port = ''] = PRINTED_NAME.exec(element.comment ?? '') ?? [];
  const protocol = element.key.find((part) => part in PROTOCOLS) ?? '';
  return servicePortName({ namespace, name, port, protocol });
}

function servicePortName(found: {
  namespace: string | undefined;
  name: string | undefined;
  port: string;
  protocol: string;
}): ServicePortName | undefined {
  const { namespace, name, port } = found;
  const protocol = PROTOCOLS[found.protocol];
  if (namespace === undefined || name === undefined || protocol === undefined) return undefined;
  return { namespace, name, port, protocol };
}
