import ipaddr from 'ipaddr.js';
import type { IPFamily } from '../../../../app/kubernetes/objects.ts';

/** The addresses of a CIDR that can be given out, as numbers. */
export interface IPRange {
  cidr: string;
  family: IPFamily;
  /** The network's own address, which is never given out. */
  network: bigint;
  first: bigint;
  last: bigint;
}

/** @throws Error for what is no CIDR */
export function parseRange(cidr: string): IPRange {
  const [address, prefixLength] = ipaddr.parseCIDR(cidr);
  const family = address.kind() === 'ipv6' ? 'IPv6' : 'IPv4';
  const hostBits = BigInt((family === 'IPv6' ? 128 : 32) - prefixLength);
  const network = (toNumber(address) >> hostBits) << hostBits;
  const end = network + (1n << hostBits) - 1n;
  return { cidr, family, network, first: network + 1n, last: family === 'IPv4' ? end - 1n : end };
}

/** An address as a number, or undefined for what is no address of the family. */
export function parseAddress(text: string, family: IPFamily): bigint | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.parse(text);
  return (address.kind() === 'ipv6' ? 'IPv6' : 'IPv4') === family ? toNumber(address) : undefined;
}

/** `10.254.0.1`; IPv6 in the form of RFC 5952. */
export function formatAddress(value: bigint, family: IPFamily): string {
  const length = family === 'IPv6' ? 16 : 4;
  const bytes = Array.from({ length }, (_, index) =>
    Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn),
  );
  const address = ipaddr.fromByteArray(bytes);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

export function familyOf(address: string): IPFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

function toNumber(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  return address.toByteArray().reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
