import { describe, expect, it } from 'vitest';
import { type Clock, SyncRunner } from './sync-runner.ts';

/** Lets every promise that can go on do so. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** A clock that stands still until it is told to go on. */
class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async advance(milliseconds: number): Promise<void> {
    await settled();
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settled();
    }
    this.#now = end;
  }
}

function runnerWith(
  sync: (full: boolean) => Promise<void>,
  maxIntervalMs = (): number => 10_000,
): { runner: SyncRunner; clock: FakeClock } {
  const clock = new FakeClock();
  const runner = new SyncRunner({ sync, minIntervalMs: 100, maxIntervalMs, retryIntervalMs: 500, clock });
  return { clock, runner };
}

describe('the sync runner', () => {
  it('makes the first sync a full one, at once, and coalesces what comes before it', async () => {
    const syncs: boolean[] = [];
    const { runner, clock } = runnerWith(async (full) => void syncs.push(full));
    runner.request();
    runner.request();
    await clock.advance(0);
    expect(syncs).toEqual([true]);
  });

  it('waits out the minimum interval, then does one sync for many requests', async () => {
    const at: number[] = [];
    const { runner, clock } = runnerWith(async () => void at.push(clock.now()));
    runner.request();
    await clock.advance(10);
    for (let i = 0; i < 5; i++) runner.request();
    await clock.advance(1000);
    expect(at).toEqual([0, 100]);
  });

  it('does another sync for what changed while one ran', async () => {
    const release: (() => void)[] = [];
    let count = 0;
    const { runner, clock } = runnerWith(() => {
      count++;
      return new Promise((resolve) => release.push(resolve));
    });
    runner.request();
    await clock.advance(0);
    runner.request();
    await clock.advance(1000);
    expect(count).toBe(1);
    release[0]?.();
    await clock.advance(100);
    await clock.advance(100);
    expect(count).toBe(2);
  });

  it('tries again after a failure, with a full sync, and tells who waited', async () => {
    const syncs: boolean[] = [];
    const { runner, clock } = runnerWith(async (full) => {
      syncs.push(full);
      if (syncs.length === 2) throw new Error('refused');
    });
    runner.request();
    await clock.advance(200);
    const waited = runner.requestAndWait();
    const told = expect(waited).rejects.toThrow('refused');
    await clock.advance(100);
    await told;
    await clock.advance(500);
    expect(syncs).toEqual([true, false, true]);
  });

  it('makes a full sync when the maximum interval is over, though nothing changed', async () => {
    const syncs: boolean[] = [];
    const { runner, clock } = runnerWith(async (full) => void syncs.push(full));
    runner.request();
    await clock.advance(0);
    runner.request();
    await clock.advance(9000);
    expect(syncs).toEqual([true, false]);
    await clock.advance(1000);
    expect(syncs).toEqual([true, false, true]);
  });

  it('begins nothing after it was stopped', async () => {
    let count = 0;
    const { runner, clock } = runnerWith(async () => void count++);
    await runner.stop();
    runner.request();
    await clock.advance(20_000);
    expect(count).toBe(0);
  });

  it('makes the next full sync when the longest interval has become shorter', async () => {
    const at: number[] = [];
    let longest = 10_000;
    const { runner, clock } = runnerWith(
      async () => void at.push(clock.now()),
      () => longest,
    );
    runner.reschedule();
    await clock.advance(1000);
    expect(at).toEqual([]);
    runner.request();
    await clock.advance(500);
    longest = 2000;
    runner.reschedule();
    await clock.advance(5000);
    expect(at).toEqual([1000, 3000, 5000]);
  });
});
