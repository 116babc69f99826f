import { describe, expect, test } from 'vitest';
import { ClusterIPAllocator } from './cluster-ip-allocator.ts';
import { parseRange } from './ip-range.ts';
import { NodePortAllocator } from './node-port-allocator.ts';

function allocator(cidr: string, taken: string[] = []): ClusterIPAllocator {
  const range = parseRange(cidr);
  return new ClusterIPAllocator(
    range.family,
    () => [range],
    (address) => taken.includes(address),
  );
}

describe('cluster IPs', () => {
  test('are picked above the band left to those who choose', () => {
    const picks = Array.from({ length: 200 }, () => allocator('10.254.0.0/16').next(false));
    for (const pick of picks) {
      const [, , third = '', fourth = ''] = pick.split('.');
      expect(Number(third) * 256 + Number(fourth)).toBeGreaterThan(256);
      expect(pick).not.toBe('10.254.255.255');
    }
    expect(new Set(picks).size).toBeGreaterThan(150);
  });

  test('come from the lower band when the upper one is full, and end with the range', () => {
    const upper = Array.from({ length: 46 }, (_, index) => `10.0.0.${17 + index}`);
    const pick = allocator('10.0.0.0/26', upper).next(false);
    expect(Number(pick.split('.')[3])).toBeLessThanOrEqual(16);
    const all = Array.from({ length: 62 }, (_, index) => `10.0.0.${1 + index}`);
    expect(() => allocator('10.0.0.0/26', all).next(false)).toThrow('range is full');
  });

  test.each([
    ['10.254.7.7', [], undefined],
    ['10.254.7.7', ['10.254.7.7'], 'provided IP is already allocated'],
    ['10.255.0.1', [], 'the provided network does not match the current range'],
    ['fd00::1', [], 'the provided network does not match the current range'],
    [
      '10.254.0.0',
      [],
      'the provided IP (10.254.0.0) is not in the valid range. The range of valid IPs is 10.254.0.0/16',
    ],
  ])('%s with %s taken: %s', (address, taken, message) => {
    const check = (): void => allocator('10.254.0.0/16', taken).check(address, false);
    if (message === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });

  test('of IPv6 are in their canonical form', () => {
    expect(allocator('fd00:10:254::/112').next(false)).toMatch(/^fd00:10:254::[1-9a-f][0-9a-f]{2,3}$/);
    expect(() => allocator('fd00:10:254::/112', ['fd00:10:254::1']).check('fd00:10:254:0::1', false)).toThrow(
      'already allocated',
    );
  });

  test('of a dry run are the network’s own address', () => {
    expect(allocator('10.254.0.0/16').next(true)).toBe('10.254.0.0');
  });
});

describe('node ports', () => {
  const range = { first: 30000, last: 32767 };

  test('are picked above the band left to those who choose', () => {
    const ports = new NodePortAllocator(range);
    const operation = ports.begin(false);
    const picks = Array.from({ length: 500 }, () => operation.allocateNext());
    expect(Math.min(...picks)).toBeGreaterThanOrEqual(30086);
    expect(new Set(picks).size).toBe(500);
  });

  test('count only once committed', () => {
    const ports = new NodePortAllocator(range);
    const first = ports.begin(false);
    first.allocate(30964);
    expect(ports.has(30964)).toBe(false);
    first.commit();
    expect(ports.has(30964)).toBe(true);
    expect(() => ports.begin(false).allocate(30964)).toThrow('provided port is already allocated');
    const second = ports.begin(false);
    second.releaseDeferred(30964);
    expect(ports.has(30964)).toBe(true);
    second.commit();
    expect(ports.has(30964)).toBe(false);
  });

  test('outside the range are refused', () => {
    const message = 'provided port is not in the valid range. The range of valid ports is 30000-32767';
    expect(() => new NodePortAllocator(range).begin(false).allocate(80)).toThrow(message);
  });

  test('of a dry run are none of the range, and leave it as it is', () => {
    const ports = new NodePortAllocator(range);
    const operation = ports.begin(true);
    expect([operation.allocateNext(), operation.allocateNext()]).toEqual([32768, 32769]);
    operation.commit();
    expect(ports.has(32768)).toBe(false);
  });

  test('end with the range', () => {
    const operation = new NodePortAllocator({ first: 30000, last: 30009 }).begin(false);
    const picks = Array.from({ length: 10 }, () => operation.allocateNext());
    expect(picks.sort()).toEqual([30000, 30001, 30002, 30003, 30004, 30005, 30006, 30007, 30008, 30009]);
    expect(() => operation.allocateNext()).toThrow('range is full');
  });
});
