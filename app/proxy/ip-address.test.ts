import { describe, expect, test } from 'vitest';
import { blockContains, hostBlock, joinHostPort, parseCidr, parseIp } from './ip-address.ts';

describe('parseIp', () => {
  test.each([
    ['an IPv4 address', '10.0.0.5', '10.0.0.5', 'IPv4'],
    ['leading zeros stay decimal', '010.000.08.5', '10.0.8.5', 'IPv4'],
    ['a mapped address is IPv4', '::ffff:10.0.0.5', '10.0.0.5', 'IPv4'],
    ['IPv6 in lower case', 'FD00:10::5', 'fd00:10::5', 'IPv6'],
    ['the longest run of zeros is left out', 'fd00:0:0:1:0:0:0:1', 'fd00:0:0:1::1', 'IPv6'],
    ['the first of two equal runs is left out', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 'IPv6'],
    ['a single zero stays', '2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', 'IPv6'],
  ])('%s', (_name, text, address, family) => {
    expect(parseIp(text)).toEqual({ address, family });
  });

  test.each(['', '10.0.0', '10.0.0.256', '10.0.0.5/24', 'fe80::1%eth0', 'one', '1', '10.0.0.-1', ':'])(
    'refuses %j',
    (text) => {
      expect(parseIp(text)).toBeUndefined();
    },
  );
});

describe('parseCidr', () => {
  test.each([
    ['host bits are cleared', '10.244.1.9/16', '10.244.0.0/16', 'IPv4', 16],
    ['of IPv6 too', 'fd00:10:244::9/56', 'fd00:10:244::/56', 'IPv6', 56],
    ['within a byte', '10.0.0.255/25', '10.0.0.128/25', 'IPv4', 25],
    ['everything', '10.0.0.1/0', '0.0.0.0/0', 'IPv4', 0],
    ['one address', 'fd00::1/128', 'fd00::1/128', 'IPv6', 128],
  ])('%s', (_name, text, cidr, family, prefixLength) => {
    expect(parseCidr(text)).toEqual({ cidr, family, prefixLength });
  });

  test.each(['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', 'fd00::/129', '/8', 'x/8'])(
    'refuses %j',
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );
});

test.each([
  ['10.0.0.0/24', '10.0.0.5', true],
  ['10.0.0.0/24', '10.0.1.5', false],
  ['0.0.0.0/0', '10.0.1.5', true],
  ['0.0.0.0/0', 'fd00::1', false],
  ['fd00:10::/64', 'fd00:10::5', true],
  ['fd00:10::/64', 'fd00:11::5', false],
])('%s holds %s: %s', (cidr, address, expected) => {
  const block = parseCidr(cidr);
  expect(block && blockContains(block, address)).toBe(expected);
});

test('addresses are written with ports and as blocks by family', () => {
  expect([joinHostPort('10.0.0.1', 80), joinHostPort('fd00::1', 80)]).toEqual([
    '10.0.0.1:80',
    '[fd00::1]:80',
  ]);
  expect([hostBlock('10.0.0.1'), hostBlock('fd00::1')]).toEqual(['10.0.0.1/32', 'fd00::1/128']);
});
