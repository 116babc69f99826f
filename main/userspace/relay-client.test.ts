import { beforeEach, describe, expect, it } from 'vitest';
import type { MessageChannel } from '../helper/verb-channel.ts';
import type { RelayReply, RelayRequest } from './protocol.ts';
import { RelayClient } from './relay-client.ts';

/** The process at the other end, played by hand. */
class PlayedRelay implements MessageChannel {
  readonly requests: RelayRequest[] = [];
  say: (reply: RelayReply) => void = () => {};
  end: () => void = () => {};

  send(message: unknown): void {
    this.requests.push(message as RelayRequest);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.say = listener;
  }
  onClose(listener: () => void): void {
    this.end = listener;
  }

  /** Answers the latest request as one that serves `count` ports. */
  answer(count = 0): void {
    const sequence = this.requests.at(-1)?.sequence ?? 0;
    const ports = Array.from({ length: count }, (_, index) => ({
      key: `default/s${index}:`,
      protocol: 'TCP' as const,
      family: 'IPv4' as const,
      proxyPort: 40000 + index,
    }));
    this.say({ type: 'listening', sequence, ports, failures: [] });
  }
}

const NOTHING = { servicePorts: [], udpIdleTimeoutMs: 250 };
let relay: PlayedRelay;
let client: RelayClient;
let idle: number;

beforeEach(() => {
  relay = new PlayedRelay();
  idle = 0;
  client = new RelayClient(relay, { onIdle: () => (idle += 1) });
});

describe('being idle', () => {
  it('is told at once when nothing is asked', () => {
    relay.say({ type: 'idle' });
    expect(idle).toBe(1);
  });

  it('is not told when a state that was on its way gives the relay work', async () => {
    const serving = client.serve(NOTHING);
    relay.say({ type: 'idle' });
    relay.answer(1);
    await serving;
    expect(idle).toBe(0);
  });

  it('is told once the state that was on its way leaves the relay idle', async () => {
    const serving = client.serve(NOTHING);
    relay.say({ type: 'idle' });
    relay.answer();
    await serving;
    expect(idle).toBe(1);
  });
});

describe('a request', () => {
  it('gets its own answer, in whatever order they come', async () => {
    const first = client.serve(NOTHING);
    const second = client.serve(NOTHING);
    const [one, two] = relay.requests.map(({ sequence }) => sequence);
    relay.say({ type: 'listening', sequence: two ?? 0, ports: [], failures: [] });
    relay.say({ type: 'rejected', sequence: one ?? 0, message: 'no' });
    await expect(first).rejects.toMatchObject({ code: 'rejected', message: expect.stringContaining('no') });
    expect((await second).sequence).toBe(two);
  });

  it('fails when the process ends, before or after it was asked', async () => {
    const asked = client.statistics();
    relay.end();
    await expect(asked).rejects.toMatchObject({ code: 'ended' });
    await expect(client.statistics()).rejects.toMatchObject({ code: 'ended' });
    await expect(client.ready).rejects.toMatchObject({ code: 'ended' });
  });
});

it('is ready when the process says so', async () => {
  relay.say({ type: 'ready' });
  await expect(client.ready).resolves.toBeUndefined();
});
