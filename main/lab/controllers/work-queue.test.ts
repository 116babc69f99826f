import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WorkQueue } from './work-queue.ts';

describe('a work queue', () => {
  const log: string[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    log.length = 0;
  });

  afterEach(() => vi.useRealTimers());

  function queue(sync: (key: string) => void | Promise<void>, intervalMilliseconds = 0): WorkQueue {
    return new WorkQueue({ name: 'test', sync, intervalMilliseconds, log: (message) => log.push(message) });
  }

  test('syncs a key once however often it is asked for', async () => {
    const synced: string[] = [];
    const work = queue((key) => void synced.push(key));
    for (const key of ['a', 'b', 'a', 'a']) work.add(key);
    await vi.runAllTimersAsync();
    expect(synced).toEqual(['a', 'b']);
    work.add('a');
    await vi.runAllTimersAsync();
    expect(synced).toEqual(['a', 'b', 'a']);
  });

  test('syncs a key again that was asked for meanwhile, and never twice at a time', async () => {
    let running = 0;
    let most = 0;
    let count = 0;
    const work = queue(async () => {
      running += 1;
      count += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running -= 1;
    });
    work.add('a');
    await vi.advanceTimersByTimeAsync(5);
    work.add('a');
    await vi.runAllTimersAsync();
    expect([count, most]).toEqual([2, 1]);
  });

  test('syncs at once, then at most once an interval', async () => {
    const times: number[] = [];
    const start = performance.now();
    const work = queue(() => void times.push(performance.now() - start), 50);
    for (let step = 0; step < 10; step += 1) {
      work.add('a');
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.runAllTimersAsync();
    expect(times.length).toBeLessThanOrEqual(3);
    expect(times[0]).toBeLessThan(10);
  });

  test('tries what has failed again, later each time, and tells of what lasts', async () => {
    const times: number[] = [];
    const start = performance.now();
    const work = queue(() => {
      times.push(Math.round(performance.now() - start));
      if (times.length < 6) throw new Error('not yet');
    });
    work.add('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times).toHaveLength(6);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses).toEqual([...pauses].sort((left, right) => left - right));
    expect(log).toEqual(['test: a: not yet', 'test: a: not yet']);
  });

  test('of two times that are asked for takes the earlier, and never is never', async () => {
    const synced: number[] = [];
    const start = performance.now();
    const work = queue(() => void synced.push(Math.round((performance.now() - start) / 10) * 10));
    work.addAfter('a', 500);
    work.addAfter('a', 100);
    work.addAfter('a', 900);
    work.addAfter('b', Number.POSITIVE_INFINITY);
    await vi.advanceTimersByTimeAsync(2000);
    expect(synced).toEqual([100]);
  });

  test('does nothing more once it is stopped', async () => {
    const synced: string[] = [];
    const work = queue((key) => void synced.push(key));
    work.add('a');
    work.addAfter('b', 10);
    work.stop();
    work.add('c');
    await vi.advanceTimersByTimeAsync(1000);
    expect(synced).toEqual([]);
  });
});
