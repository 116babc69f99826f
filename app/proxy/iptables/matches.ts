/** Matches and targets as the iptables mode uses them, in the form iptables-save prints. */
import type { IPFamily, Protocol } from '../../kubernetes/objects.ts';
import type { IptablesMatch, IptablesTarget, TransportModule } from '../../ruleset/model.ts';
import type { LocalDetector } from '../detect-local.ts';
import { hostBlock } from '../ip-address.ts';
import { KUBE_MARK_MASQ } from './chains.ts';

export function comment(text: string): IptablesMatch {
  return { kind: 'comment', text };
}

/** A packet to an address; comes before the protocol. */
export function toAddress(address: string): IptablesMatch {
  return { kind: 'destination', cidr: hostBlock(address) };
}

export function jump(chain: string): IptablesTarget {
  return chain === KUBE_MARK_MASQ ? TO_MARK_MASQ : { kind: 'jump', chain };
}

// A large cluster has tens of thousands of each of these: one object stands for all.
const TO_MARK_MASQ: IptablesTarget = { kind: 'jump', chain: KUBE_MARK_MASQ };
const PROTOCOLS: Readonly<Record<Protocol, IptablesMatch>> = {
  TCP: { kind: 'protocol', protocol: 'tcp' },
  UDP: { kind: 'protocol', protocol: 'udp' },
  SCTP: { kind: 'protocol', protocol: 'sctp' },
};
const TRANSPORTS: Readonly<Record<Protocol, IptablesMatch>> = {
  TCP: { kind: 'transport', protocol: 'tcp' },
  UDP: { kind: 'transport', protocol: 'udp' },
  SCTP: { kind: 'transport', protocol: 'sctp' },
};

/** `-p tcp`. */
export function ofProtocol(protocol: Protocol): IptablesMatch {
  return PROTOCOLS[protocol];
}

/** `-m tcp`, without a port. */
export function anyPort(protocol: Protocol): IptablesMatch {
  return TRANSPORTS[protocol];
}

const ANY: Readonly<Record<Protocol, readonly IptablesMatch[]>> = {
  TCP: [PROTOCOLS.TCP, TRANSPORTS.TCP],
  UDP: [PROTOCOLS.UDP, TRANSPORTS.UDP],
  SCTP: [PROTOCOLS.SCTP, TRANSPORTS.SCTP],
};

/** `-p tcp -m tcp`: every packet of a protocol. */
export function toAny(protocol: Protocol): readonly IptablesMatch[] {
  return ANY[protocol];
}

const MODULES: Readonly<Record<Protocol, TransportModule>> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' };

/** A protocol as iptables spells it. */
export function transport(protocol: Protocol): TransportModule {
  return MODULES[protocol];
}

/**
 * `[-d ADDRESS] -p tcp -m comment --comment TEXT -m tcp --dport PORT`: what most rules of a Service port ask.
 * Without an address, packets to any.
 */
export function toPort(options: {
  address?: string;
  protocol: Protocol;
  port: number;
  text: string;
}): IptablesMatch[] {
  const protocol = ofProtocol(options.protocol);
  const port: IptablesMatch = {
    kind: 'transport',
    protocol: transport(options.protocol),
    destinationPort: options.port,
  };
  return options.address === undefined
    ? [protocol, comment(options.text), port]
    : [toAddress(options.address), protocol, comment(options.text), port];
}

/** Adds "from this node's pods" (or, negated, "not from") to matches, at iptables-save's place for it. */
export function withLocalTraffic(
  matches: readonly IptablesMatch[],
  detector: LocalDetector,
  negated: boolean,
): IptablesMatch[] {
  const not = negated ? { negated } : {};
  if (detector.kind === 'cidr') return [{ kind: 'source', cidr: detector.cidr, ...not }, ...matches];
  const name = detector.kind === 'interface' ? detector.name : `${detector.prefix}+`;
  const addresses = matches.filter(isAddress);
  return [
    ...addresses,
    { kind: 'in-interface', name, ...not },
    ...matches.filter((match) => !isAddress(match)),
  ];
}

/** A source block; iptables-save prints none for a block that holds every address. */
export function fromBlock(cidr: string): IptablesMatch[] {
  return cidr.endsWith('/0') ? [] : [{ kind: 'source', cidr }];
}

/** How the recent extension cuts addresses: not at all. */
export function wholeAddressMask(family: IPFamily): string {
  return family === 'IPv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
}

/** Refuses as a closed port does. */
export function reject(family: IPFamily): IptablesTarget {
  return { kind: 'reject', with: family === 'IPv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable' };
}

function isAddress(match: IptablesMatch): boolean {
  return match.kind === 'source' || match.kind === 'destination';
}
