import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ServicePortName } from '../ruleset/model.ts';
import {
  classicServicePortNameString,
  nameHash,
  servicePortKey,
  servicePortNameString,
} from './chain-names.ts';
import { sha256, sha256Base32 } from './sha256.ts';

function name(port: string, protocol: ServicePortName['protocol'] = 'TCP'): ServicePortName {
  return { namespace: 'default', name: 'web', port, protocol };
}

test('the names of the design document', () => {
  expect(nameHash('default/mysql-service:', 'tcp')).toBe('67RL4FN6JRUPOJYM');
  expect(nameHash('default/mysql-service:', 'tcp', '192.168.125.129:3306')).toBe('ID6YWIT3F6WNZ47P');
});

test('a port without a name has no colon, but in the classic dialect', () => {
  expect(servicePortNameString(name('http'))).toBe('default/web:http');
  expect(servicePortNameString(name(''))).toBe('default/web');
  expect(classicServicePortNameString(name('http'))).toBe('default/web:http');
  expect(classicServicePortNameString(name(''))).toBe('default/web:');
});

test('the key tells protocols apart that the printed name does not', () => {
  expect(servicePortKey(name('dns', 'UDP'))).not.toBe(servicePortKey(name('dns', 'TCP')));
});

test('digests are those of SHA-256, whatever the length', () => {
  for (let length = 0; length <= 200; length++) {
    const text = 'ü'.repeat(length % 3) + 'x'.repeat(length);
    expect(Buffer.from(sha256(text)).toString('hex')).toBe(createHash('sha256').update(text).digest('hex'));
  }
  const long = 'y'.repeat(10_000);
  expect(Buffer.from(sha256(long)).toString('hex')).toBe(createHash('sha256').update(long).digest('hex'));
});

// `printf abc | sha256sum | xxd -r -p | base32`
test.each([
  ['abc', 51, 'XJ4BNP4PAHH6UQKBIDPF3LRCEOYAGYNDSYLXVHFUCD7WD4QACWW'],
  ['abc', 16, 'XJ4BNP4PAHH6UQKB'],
  ['', 16, '4OYMIQUY7QOBJGX3'],
])('the digest of %j begins with %s characters of base32', (text, length, expected) => {
  expect(sha256Base32(text, length)).toBe(expected);
});
