import { expect, it } from 'vitest';
import { Backend } from './backend.ts';
import { type LiveRelay, LiveRelays } from './live-relays.ts';

const backend = new Backend('10.0.0.5', 80);
const relay = (client: string): LiveRelay => ({
  client,
  backend,
  startedAt: 0,
  bytesTo: 0,
  bytesFrom: 0,
  slot: -1,
});

it.each([
  ['the first', ['a']],
  ['one in the middle', ['b']],
  ['the last', ['c']],
  ['several', ['a', 'c']],
  ['all, in any order', ['b', 'a', 'c']],
])('holds the others after %s has gone', (_which, gone) => {
  const live = new LiveRelays();
  const relays = ['a', 'b', 'c'].map(relay);
  for (const each of relays) live.add(each);
  for (const client of gone) live.remove(relays.find((each) => each.client === client) as LiveRelay);
  const left = ['a', 'b', 'c'].filter((client) => !gone.includes(client));
  expect(Array.from(live, ({ client }) => client).sort()).toEqual(left);
  expect(live.size).toBe(left.length);
});
