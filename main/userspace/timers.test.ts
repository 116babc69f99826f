import { beforeEach, describe, expect, it } from 'vitest';
import { Timers } from './timers.ts';

let now = 0;
let timers: Timers;
let ran: string[];

beforeEach(() => {
  now = 1000;
  timers = new Timers(() => now);
  ran = [];
});

const set = (name: string, delayMs: number): ReturnType<Timers['set']> =>
  timers.set(delayMs, () => ran.push(name));

function runAt(time: number): string[] {
  now = time;
  timers.runDue();
  return ran.splice(0);
}

describe('timers', () => {
  it('run when due, in the order of their times, whatever their delays', () => {
    set('late', 500);
    now = 1300;
    set('early', 100);
    set('later', 500);
    expect(runAt(1399)).toEqual([]);
    expect(runAt(1600)).toEqual(['early', 'late']);
    expect(runAt(1800)).toEqual(['later']);
    expect(runAt(9999)).toEqual([]);
  });

  it('know how long it is until the next', () => {
    expect(timers.untilNext()).toBeUndefined();
    const first = set('first', 100);
    set('second', 250);
    expect(timers.untilNext()).toBe(100);
    timers.cancel(first);
    expect(timers.untilNext()).toBe(250);
    now = 1400;
    expect(timers.untilNext()).toBe(0);
    timers.runDue();
    expect(timers.untilNext()).toBeUndefined();
  });

  it('do not run once cancelled, not even by one that runs just before', () => {
    const cancelled = set('cancelled', 20);
    timers.set(10, () => timers.cancel(cancelled));
    expect(runAt(2000)).toEqual([]);
  });

  it('leave what they set to a later round', () => {
    const again = (): void => {
      ran.push('again');
      timers.set(0, again);
    };
    timers.set(0, again);
    expect(runAt(1000)).toEqual(['again']);
    expect(runAt(1000)).toEqual(['again']);
  });
});
