/**
 * IP addresses and CIDRs as API fields take them since strict validation is the rule: no leading zeros, no
 * IPv4 address in IPv6's clothes, no bits beyond a prefix (k8s.io/apimachinery/pkg/util/validation, ip.go).
 */
import ipaddr from 'ipaddr.js';
import { type FieldError, invalid } from './field-error.ts';

const LEADING_ZEROS = /^0\d/;

export interface Address {
  family: 'IPv4' | 'IPv6';
  /** RFC 5952 form. */
  canonical: string;
  leadingZeros: boolean;
  /** `::ffff:10.0.0.1`, which some programs take for an IPv4 address. */
  ipv4InIPv6: boolean;
}

/** An address in any form that was ever accepted; undefined for text that is none. */
export function parseAddress(text: string): Address | undefined {
  const parts = text.split('.');
  if (!text.includes(':')) {
    if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255))
      return undefined;
    const canonical = parts.map(Number).join('.');
    const leadingZeros = parts.some((part) => LEADING_ZEROS.test(part));
    return { family: 'IPv4', canonical, leadingZeros, ipv4InIPv6: false };
  }
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  const tail = text.slice(text.lastIndexOf(':') + 1).split('.');
  if (address.isIPv4MappedAddress()) {
    const leadingZeros = tail.length === 4 && tail.some((part) => LEADING_ZEROS.test(part));
    return { family: 'IPv4', canonical: address.toIPv4Address().toString(), leadingZeros, ipv4InIPv6: true };
  }
  return { family: 'IPv6', canonical: address.toRFC5952String(), leadingZeros: false, ipv4InIPv6: false };
}

/** What is wrong with an address. */
export function addressErrors(field: string, text: string): FieldError[] {
  const address = parseAddress(text);
  if (address === undefined) {
    return [invalid(field, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  }
  if (address.leadingZeros) return [invalid(field, text, 'must not have leading 0s')];
  if (address.ipv4InIPv6) return [invalid(field, text, 'must not be an IPv4-mapped IPv6 address')];
  return [];
}

/** As `addressErrors`, for newer fields and names, which take the canonical form alone. */
export function canonicalAddressErrors(field: string, text: string): FieldError[] {
  const errors = addressErrors(field, text);
  const canonical = parseAddress(text)?.canonical;
  if (errors.length > 0 || canonical === undefined || canonical === text) return errors;
  return [invalid(field, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

interface Cidr {
  address: Address;
  prefix: number;
  leadingZeros: boolean;
  /** The network: the address without bits beyond the prefix, with the prefix. */
  network: string;
}

function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  if (address === undefined || match?.[2] === undefined) return undefined;
  const prefix = Number(match[2]);
  const bits = address.family === 'IPv4' && !address.ipv4InIPv6 ? 32 : 128;
  if (prefix > bits) return undefined;
  const leadingZeros = address.leadingZeros || LEADING_ZEROS.test(match[2]);
  if (address.ipv4InIPv6) return { address, prefix, leadingZeros, network: text };
  const network =
    address.family === 'IPv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address.canonical}/${prefix}`).toString()
      : ipaddr.IPv6.networkAddressFromCIDR(`${address.canonical}/${prefix}`).toRFC5952String();
  return { address, prefix, leadingZeros, network: `${network}/${prefix}` };
}

/** The family of a CIDR; undefined for text that is none. */
export function cidrFamily(text: string): 'IPv4' | 'IPv6' | undefined {
  return parseCidr(text)?.address.family;
}

/** What is wrong with a CIDR. */
export function cidrErrors(field: string, text: string): FieldError[] {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    return [invalid(field, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  }
  if (cidr.leadingZeros) return [invalid(field, text, 'must not have leading 0s in IP or prefix length')];
  if (cidr.address.ipv4InIPv6) return [invalid(field, text, 'must not have an IPv4-mapped IPv6 address')];
  if (`${cidr.address.canonical}/${cidr.prefix}` !== cidr.network) {
    return [invalid(field, text, 'must not have bits set beyond the prefix length')];
  }
  return [];
}

/** As `cidrErrors`, in canonical form alone. */
export function canonicalCidrErrors(field: string, text: string): FieldError[] {
  const errors = cidrErrors(field, text);
  const network = parseCidr(text)?.network;
  if (errors.length > 0 || network === undefined || network === text) return errors;
  return [invalid(field, text, `must be in canonical form (${JSON.stringify(network)})`)];
}

/** Addresses that traffic must not be sent to by way of a Service: the node's own, link-local ones, none. */
export function specialAddressErrors(field: string, text: string): FieldError[] {
  const address = parseAddress(text);
  if (address === undefined) return [invalid(field, text, 'must be a valid IP address')];
  const parsed = ipaddr.parse(address.canonical);
  const inRange = (...ranges: string[]): boolean =>
    ranges.some((range) => {
      const [network, prefix] = ipaddr.parseCIDR(range);
      return network.kind() === parsed.kind() && parsed.match(network, prefix);
    });
  const errors: FieldError[] = [];
  if (inRange('0.0.0.0/32', '::/128')) errors.push(invalid(field, text, `may not be unspecified (${text})`));
  if (inRange('127.0.0.0/8', '::1/128')) {
    errors.push(invalid(field, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  }
  if (inRange('169.254.0.0/16', 'fe80::/10')) {
    errors.push(invalid(field, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  }
  if (inRange('224.0.0.0/24', 'ff02::/16')) {
    errors.push(
      invalid(field, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'),
    );
  }
  return errors;
}
