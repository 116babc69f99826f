import { expect, test } from 'vitest';
import { z } from 'zod';
import { callVerbs, type MessageChannel, serveVerbs, verb } from './verb-channel.ts';

const table = { wait: verb<Record<string, never>, void>(z.strictObject({})) };

/** The two ends of a channel within this process. */
function ends(): { here: MessageChannel; there: MessageChannel; close: () => void } {
  const listeners: Record<'here' | 'there', ((message: unknown) => void)[]> = { here: [], there: [] };
  const closing: (() => void)[] = [];
  const end = (own: 'here' | 'there', other: 'here' | 'there'): MessageChannel => ({
    send: (message) => {
      for (const listener of listeners[other]) listener(JSON.parse(JSON.stringify(message)));
    },
    onMessage: (listener) => listeners[own].push(listener),
    onClose: (listener) => closing.push(listener),
  });
  return {
    here: end('here', 'there'),
    there: end('there', 'here'),
    close: () => {
      for (const listener of closing) listener();
    },
  };
}

test('calls beyond what the other end takes at once wait their turn, and all are answered', async () => {
  const { here, there } = ends();
  const underWay: (() => void)[] = [];
  let most = 0;
  serveVerbs(there, table, {
    wait: () =>
      new Promise<void>((resolve) => {
        underWay.push(resolve);
        most = Math.max(most, underWay.length);
      }),
  });
  const client = callVerbs(here, table, 2);
  let answered = 0;
  const calls = Array.from({ length: 5 }, () => client.wait({}).then(() => answered++));
  while (answered < 5) {
    underWay.shift()?.();
    await new Promise(setImmediate);
  }
  await Promise.all(calls);
  expect(most).toBe(2);
});

test('calls that wait are told when the other end has gone', async () => {
  const { here, close } = ends();
  const client = callVerbs(here, table, 1);
  const calls = [client.wait({}), client.wait({})];
  close();
  for (const outcome of await Promise.allSettled(calls)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'gone' } });
  }
});
