/** A watch that is cut, expired, refused or paged: what is known is right again, and never empty in between. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Service } from '../../app/kubernetes/objects.ts';
import { transportOf } from './api-transport.ts';
import { ResourceWatch, type WatchState } from './resource-watch.ts';
import { path, refusal, ScriptedServer, watchEvent } from './testing/scripted-server.ts';

let server: ScriptedServer;
let watch: ResourceWatch<Service>;
/** `+a`, `~a`, `-a`: in the order they were reported. */
let reported: string[] = [];
let states: WatchState['state'][] = [];

beforeEach(async () => {
  server = await ScriptedServer.start();
  reported = [];
  states = [];
  watch = new ResourceWatch<Service>(
    transportOf(server.kubeConfig),
    { path },
    {
      changed: (previous, current) => {
        const name = (current ?? previous)?.metadata?.name;
        reported.push(`${previous ? (current ? '~' : '-') : '+'}${name}`);
      },
      state: ({ state }) => states.push(state),
    },
  );
  for (const name of ['a', 'b', 'c']) server.put(name);
});

afterEach(async () => {
  await watch.stop();
  await server.close();
});

function known(): string[] {
  return [...watch.items].map(({ metadata }) => metadata?.name ?? '').sort();
}

/** Resolves once the watch stands. */
async function standing(): Promise<void> {
  await vi.waitFor(() => expect(server.watching).toBe(1), { timeout: 5_000, interval: 10 });
}

async function started(): Promise<void> {
  watch.start();
  await standing();
  expect(known()).toEqual(['a', 'b', 'c']);
  reported = [];
}

describe('what happens while nobody is told', () => {
  const breaks: [string, () => void][] = [
    ['a connection that is cut', () => server.cut()],
    ['a server that ends its watches', () => server.end()],
    [
      'a watch that has expired (410 as an event)',
      () => server.tell('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }),
    ],
    ['a computer that slept', () => watch.restart()],
    ['an event that is no JSON', () => server.tell('{', {})],
  ];
  it.each(breaks)('is made good after %s, difference by difference', async (_name, breakIt) => {
    await started();
    const lists = server.lists;
    breakIt();
    server.cut();
    server.put('b', { changed: 'yes' });
    server.remove('c');
    server.put('d');
    await vi.waitFor(() => expect(known()).toEqual(['a', 'b', 'd']), { timeout: 5_000, interval: 10 });
    await standing();
    expect(server.lists).toBeGreaterThan(lists);
    // Nothing was said to have gone that had not.
    expect(reported.toSorted()).toEqual(['+d', '-c', '~b']);
  });

  it('is made good where the first watch is refused as expired (410)', async () => {
    server.instead.watch.push(refusal(410, 'Expired'));
    await started();
    expect(server.lists).toBe(2);
    expect(states).not.toContain('lost');
  });

  it('is made good where a list expires between two pages', async () => {
    server.pageSize = 2;
    server.instead.list.push(
      (response) =>
        response.end(JSON.stringify({ metadata: { resourceVersion: '1', continue: '2' }, items: [] })),
      refusal(410, 'Expired'),
    );
    await started();
  });
});

it('takes an object that was made again for another one', async () => {
  await started();
  server.cut();
  server.remove('a');
  server.put('a');
  await vi.waitFor(() => expect(reported).toEqual(['-a', '+a']), { timeout: 5_000, interval: 10 });
  expect(known()).toEqual(['a', 'b', 'c']);
});

it('goes on from a bookmark, and names what a list leaves out of its items', async () => {
  await started();
  expect(watch.item('default/a')).toMatchObject({ apiVersion: 'v1', kind: 'Service' });
  server.tell('BOOKMARK', { metadata: { resourceVersion: '900' } });
  server.put('e');
  await vi.waitFor(() => expect(known()).toContain('e'), { timeout: 5_000, interval: 10 });
});

it.each([
  [403, 'Forbidden', 'forbidden'],
  [404, 'NotFound', 'absent'],
  [401, 'Unauthorized', 'lost'],
] as const)('does not ask at once again after %i', async (code, reason, state) => {
  server.instead.list.push(...Array.from({ length: 20 }, () => refusal(code, reason)));
  watch.start();
  await vi.waitFor(() => expect(server.lists).toBe(2), { timeout: 5_000, interval: 10 });
  expect(states).toEqual([state, state]);
  const [first, second] = [server.requests[0], server.requests[1]];
  expect(first && second).toBeTruthy();
  // The third comes two seconds after the second, the fourth four after that.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(server.lists).toBe(2);
  server.instead.list.length = 0;
  watch.restart();
  await standing();
  expect(known()).toEqual(['a', 'b', 'c']);
});

it('keeps what it knows while the server is away', async () => {
  await started();
  server.instead.list.push(...Array.from({ length: 3 }, () => refusal(503, 'ServiceUnavailable')));
  server.cut();
  await vi.waitFor(() => expect(states).toContain('lost'), { timeout: 5_000, interval: 10 });
  expect(known()).toEqual(['a', 'b', 'c']);
  await standing();
  expect(reported).toEqual([]);
  expect(states.at(-1)).toBe('live');
});

it('leaves nothing behind when it is stopped', async () => {
  await started();
  await watch.stop();
  await vi.waitFor(() => expect(server.watching).toBe(0), { timeout: 5_000, interval: 10 });
  const { length } = server.requests;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(server.requests.length).toBe(length);
});

it('starts over with the watch of what another event asks for', async () => {
  server.instead.watch.push(
    watchEvent({ type: 'ERROR', object: { code: 500, message: 'etcd', reason: '' } }),
  );
  await started();
  expect(states).toContain('lost');
});
