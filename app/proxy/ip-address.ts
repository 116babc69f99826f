/**
 * IP addresses and blocks as kube-proxy reads and writes them.
 *
 * Reading is as lenient as Go's `ParseIPSloppy`: an IPv4 number may have leading zeros and stays decimal.
 * Writing is canonical: RFC 5952 for IPv6, and an IPv4-mapped IPv6 address is an IPv4 address.
 */
import ipaddr from 'ipaddr.js';
import type { IPFamily } from '../kubernetes/objects.ts';

export interface IpAddress {
  /** Canonical text. */
  readonly address: string;
  readonly family: IPFamily;
}

export interface IpBlock {
  /** Canonical text of the network, host bits cleared: `10.244.0.0/16`. */
  readonly cidr: string;
  readonly family: IPFamily;
  readonly prefixLength: number;
}

/** An address in canonical form, or undefined when the text is none. */
export function parseIp(text: string): IpAddress | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return { address: v4, family: 'IPv4' };
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const parsed = ipaddr.IPv6.parse(text);
  return parsed.isIPv4MappedAddress()
    ? { address: parsed.toIPv4Address().toString(), family: 'IPv4' }
    : { address: parsed.toString(), family: 'IPv6' };
}

/** A block in canonical form, or undefined when the text is none; a bare address is none. */
export function parseCidr(text: string): IpBlock | undefined {
  const slash = text.indexOf('/');
  if (slash < 0 || !/^\d{1,3}$/.test(text.slice(slash + 1))) return undefined;
  const ip = parseIp(text.slice(0, slash));
  const prefixLength = Number(text.slice(slash + 1));
  if (ip === undefined || prefixLength > addressBits(ip.family)) return undefined;
  const bytes = ipaddr.parse(ip.address).toByteArray();
  const network = ipaddr.fromByteArray(bytes.map((byte, index) => byte & maskByte(prefixLength, index)));
  return { cidr: `${network.toString()}/${prefixLength}`, family: ip.family, prefixLength };
}

/** Whether a block holds an address; false across families. */
export function blockContains(block: IpBlock, address: string): boolean {
  const ip = parseIp(address);
  if (ip === undefined || ip.family !== block.family) return false;
  return parseCidr(`${ip.address}/${block.prefixLength}`)?.cidr === block.cidr;
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** 0.0.0.0 and ::, which stand for no address in particular. */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** `10.0.0.1/32` or `fd00::1/128`: the block of one address. */
export function hostBlock(address: string): string {
  return address.includes(':') ? `${address}/128` : `${address}/32`;
}

/** `10.0.0.1:80` or `[fd00::1]:80`, as Go's `JoinHostPort`. */
export function joinHostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Four decimal numbers; read by hand, because large clusters have tens of thousands of addresses to read. */
function parseIpv4(text: string): string | undefined {
  let parts = 1;
  let value = -1;
  let isCanonical = true;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= DIGIT_0 && code <= DIGIT_9) {
      if (value === 0) isCanonical = false;
      value = Math.max(value, 0) * 10 + code - DIGIT_0;
      if (value > 255) return undefined;
    } else if (code === DOT && value >= 0) {
      parts += 1;
      value = -1;
    } else return undefined;
  }
  if (parts !== 4 || value < 0) return undefined;
  return isCanonical ? text : text.split('.').map(Number).join('.');
}

const [DOT, DIGIT_0, DIGIT_9] = [0x2e, 0x30, 0x39];

function addressBits(family: IPFamily): number {
  return family === 'IPv4' ? 32 : 128;
}

function maskByte(prefixLength: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}
