/**
 * `struct sockaddr_in` and `struct sockaddr_in6` as bytes.
 *
 * Both begin with the family (two bytes, host order) and the port (two bytes, network order); an IPv4
 * address follows at byte 4, an IPv6 one at byte 8, its scope at byte 24.
 */
import ipaddr from 'ipaddr.js';

export type Family = 'IPv4' | 'IPv6';

export const AF_INET = 2;
export const AF_INET6 = 10;
/** The longer of the two. */
export const SOCKET_ADDRESS_MAX = 28;

export function addressFamily(family: Family): number {
  return family === 'IPv4' ? AF_INET : AF_INET6;
}

export function socketAddressLength(family: Family): number {
  return family === 'IPv4' ? 16 : SOCKET_ADDRESS_MAX;
}

/** A socket address in a buffer of its own (never on V8's heap, so that its address is good for a system call). */
export function encodeSocketAddress(ip: string, port: number): Uint8Array<ArrayBuffer> {
  const bytes = ipaddr.parse(ip).toByteArray();
  const family: Family = bytes.length === 4 ? 'IPv4' : 'IPv6';
  const result = new Uint8Array(new ArrayBuffer(socketAddressLength(family)));
  new Uint16Array(result.buffer)[0] = addressFamily(family);
  result[2] = port >>> 8;
  result[3] = port & 0xff;
  result.set(bytes, family === 'IPv4' ? 4 : 8);
  return result;
}

/** The port in a socket address. */
export function decodePort(address: Uint8Array): number {
  return ((address[2] ?? 0) << 8) | (address[3] ?? 0);
}

/** The address in text: dotted, or as RFC 5952 has it. */
export function decodeIP(address: Uint8Array, family: Family): string {
  if (family === 'IPv4') return `${address[4]}.${address[5]}.${address[6]}.${address[7]}`;
  return new ipaddr.IPv6(Array.from(address.subarray(8, 24))).toRFC5952String();
}
