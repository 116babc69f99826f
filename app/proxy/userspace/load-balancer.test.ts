import { describe, expect, it } from 'vitest';
import { endpointKey, type LoadBalancerEffects, RoundRobinLoadBalancer } from './load-balancer.ts';

const [a, b, c, d] = ['1', '2', '3', '4'].map((last) => ({ ip: `192.168.125.${last}`, port: 3306 })) as [
  Endpoint,
  Endpoint,
  Endpoint,
  Endpoint,
];
type Endpoint = { ip: string; port: number };

/** The largest `random` leaves a Fisher-Yates shuffle's order as it is. */
const unshuffled = (): number => 1 - Number.EPSILON;

class Clock implements LoadBalancerEffects {
  seconds = 1000;
  random = unshuffled;
  now = (): number => this.seconds * 1000;
}

function balancer(
  endpoints: Endpoint[],
  affinityTimeoutSeconds?: number,
  clock = new Clock(),
): RoundRobinLoadBalancer {
  const result = new RoundRobinLoadBalancer(clock);
  result.update({ endpoints, affinityTimeoutSeconds });
  return result;
}

const take = (from: RoundRobinLoadBalancer, count: number, client = '10.0.0.9'): (Endpoint | undefined)[] =>
  Array.from({ length: count }, () => from.next(client));

describe('the turn', () => {
  // biome-ignore format: one case a line
  const cases: { name: string; first: Endpoint[]; taken: number; changed?: Endpoint[]; next: unknown[] }[] = [
    { name: 'has no endpoint to give where there is none', first: [], taken: 0, next: [undefined, undefined] },
    { name: 'stays at the only endpoint', first: [a], taken: 0, next: [a, a] },
    { name: 'goes round exactly', first: [a, b, c], taken: 0, next: [a, b, c, a, b, c, a] },
    { name: 'goes on when the same endpoints are listed in another order', first: [a, b, c], taken: 2, changed: [c, b, a], next: [c, a, b] },
    { name: 'starts anew when an endpoint is added', first: [a, b], taken: 1, changed: [a, b, c], next: [a, b, c, a] },
    { name: 'starts anew when an endpoint goes', first: [a, b, c], taken: 2, changed: [a, b], next: [a, b, a] },
    { name: 'starts anew when an endpoint is replaced', first: [a, b], taken: 1, changed: [c, d], next: [c, d] },
    { name: 'ends when the last endpoint goes', first: [a, b], taken: 1, changed: [], next: [undefined] },
    { name: 'gives an endpoint listed twice two turns', first: [a, a, b], taken: 0, next: [a, a, b, a] },
    { name: 'notices that one of two equal endpoints became another', first: [a, a, b], taken: 1, changed: [a, b, b], next: [a, b, b] },
  ];
  it.each(cases)('$name', ({ first, taken, changed, next }) => {
    const subject = balancer(first);
    take(subject, taken);
    if (changed) subject.update({ endpoints: changed });
    expect(take(subject, next.length)).toEqual(next);
  });

  it('starts where the shuffle says, and still visits each endpoint once a round', () => {
    const clock = new Clock();
    const heads = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      let state = seed;
      clock.random = () => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return state / 2147483648;
      };
      const round = take(balancer([a, b, c], undefined, clock), 3);
      expect(new Set(round).size).toBe(3);
      heads.add(endpointKey(round[0] ?? a));
    }
    expect(heads.size).toBe(3);
  });

  it('ends for good when all endpoints go and begins at the head when they are back', () => {
    const subject = balancer([a, b]);
    take(subject, 1);
    subject.update({ endpoints: [] });
    subject.update({ endpoints: [a, b] });
    expect(take(subject, 2)).toEqual([a, b]);
  });
});

describe('session affinity', () => {
  it('binds a client to its endpoint, each client to its own', () => {
    const subject = balancer([a, b], 10800);
    expect(take(subject, 2, '10.0.0.9')).toEqual([a, a]);
    expect(take(subject, 2, '10.0.0.10')).toEqual([b, b]);
    expect(take(subject, 1, '10.0.0.9')).toEqual([a]);
  });

  const expiry: { name: string; pauses: number[]; expected: Endpoint[] }[] = [
    { name: 'holds just short of its timeout', pauses: [0, 9.999], expected: [a, a] },
    { name: 'ends at its timeout', pauses: [0, 10], expected: [a, b] },
    { name: 'is prolonged by each connection', pauses: [0, 6, 6, 6], expected: [a, a, a, a] },
    { name: 'binds anew after it has ended', pauses: [0, 10, 1, 9], expected: [a, b, b, b] },
  ];
  it.each(expiry)('$name', ({ pauses, expected }) => {
    const clock = new Clock();
    const subject = balancer([a, b], 10, clock);
    const seen = pauses.map((seconds) => {
      clock.seconds += seconds;
      return subject.next('10.0.0.9');
    });
    expect(seen).toEqual(expected);
  });

  it('moves a client on after a failed dial and keeps it there', () => {
    const subject = balancer([a, b, c], 10800);
    expect(subject.next('10.0.0.9')).toBe(a);
    expect(subject.next('10.0.0.9', { affinityReset: true })).toBe(b);
    expect(subject.next('10.0.0.9')).toBe(b);
  });

  it('ends where its endpoint does not answer, and only there', () => {
    const subject = balancer([a, b], 10800);
    expect(subject.next('10.0.0.9')).toBe(a);
    subject.breakAffinity('10.0.0.9', b);
    expect(subject.next('10.0.0.9')).toBe(a);
    subject.breakAffinity('10.0.0.9', a);
    expect(subject.next('10.0.0.9')).toBe(b);
  });

  it('survives a change that leaves the endpoint, and ends with the endpoint', () => {
    const subject = balancer([a, b], 10800);
    expect(subject.next('10.0.0.9')).toBe(a);
    expect(subject.next('10.0.0.10')).toBe(b);
    subject.update({ endpoints: [b, c], affinityTimeoutSeconds: 10800 });
    expect(subject.affinityCount).toBe(1);
    expect(subject.next('10.0.0.10')).toBe(b);
    subject.update({ endpoints: [], affinityTimeoutSeconds: 10800 });
    expect(subject.affinityCount).toBe(0);
    expect(subject.next('10.0.0.10')).toBeUndefined();
  });

  it('stops and starts with the Service field, and takes a new timeout at once', () => {
    const clock = new Clock();
    const subject = balancer([a, b], 100, clock);
    expect(take(subject, 2)).toEqual([a, a]);
    subject.update({ endpoints: [a, b] });
    expect(take(subject, 2)).toEqual([b, a]);
    subject.update({ endpoints: [a, b], affinityTimeoutSeconds: 5 });
    expect(take(subject, 2)).toEqual([a, a]);
    clock.seconds += 5;
    expect(take(subject, 1)).toEqual([b]);
  });

  it('forgets expired clients and no others', () => {
    const clock = new Clock();
    const subject = balancer([a, b], 10, clock);
    subject.next('10.0.0.9');
    clock.seconds += 6;
    subject.next('10.0.0.10');
    clock.seconds += 4;
    subject.forgetExpiredAffinity();
    expect(subject.affinityCount).toBe(1);
    expect(subject.next('10.0.0.10')).toBe(b);
  });
});

it.each([
  ['IPv4', { ip: '192.168.125.1', port: 80 }, '192.168.125.1:80'],
  ['IPv6', { ip: 'fd00:10:244::1', port: 80 }, '[fd00:10:244::1]:80'],
])('writes an %s endpoint with its port', (_family, endpoint, text) => {
  expect(endpointKey(endpoint)).toBe(text);
});
