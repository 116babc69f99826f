import { expect, it } from 'vitest';
import { decodeIP, decodePort, encodeSocketAddress, type Family } from './socket-address.ts';

const cases: { family: Family; ip: string; port: number; bytes: string }[] = [
  { family: 'IPv4', ip: '10.0.0.5', port: 36463, bytes: '02008e6f0a0000050000000000000000' },
  { family: 'IPv4', ip: '0.0.0.0', port: 0, bytes: '02000000000000000000000000000000' },
  {
    family: 'IPv6',
    ip: 'fd00:10:244::2',
    port: 80,
    bytes: '0a00005000000000fd0000100244000000000000000000020000000'.padEnd(56, '0'),
  },
  { family: 'IPv6', ip: '::', port: 65535, bytes: '0a00ffff'.padEnd(56, '0') },
];

it.each(cases)('$ip port $port is its sockaddr, there and back', ({ family, ip, port, bytes }) => {
  const address = encodeSocketAddress(ip, port);
  expect(Buffer.from(address).toString('hex')).toBe(bytes);
  expect(decodeIP(address, family)).toBe(ip);
  expect(decodePort(address)).toBe(port);
});
