import { describe, expect, it } from 'vitest';
import { currentPlace, emptyHistory, type LocationHistory, step, visit } from './location-history.ts';

const go = (history: LocationHistory<string>, ...places: string[]): LocationHistory<string> =>
  places.reduce((at, place) => visit(at, place, (a, b) => a === b), history);
const back = (history: LocationHistory<string>): LocationHistory<string> => step(history, -1) ?? history;

describe('a history', () => {
  const walked = go(emptyHistory(), 'a', 'b', 'c');

  it('leads back to where it began, and forward again', () => {
    expect(currentPlace(walked)).toBe('c');
    expect(currentPlace(back(back(walked)))).toBe('a');
    expect(step(back(back(walked)), -1)).toBeUndefined();
    const forward = step(back(walked), 1);
    expect(forward && currentPlace(forward)).toBe('c');
    expect(step(walked, 1)).toBeUndefined();
  });

  it('forgets what lay ahead when one turns elsewhere', () => {
    expect(go(back(back(walked)), 'd').places).toEqual(['a', 'd']);
  });

  it('does not note standing still', () => {
    expect(go(walked, 'c')).toBe(walked);
  });

  it('forgets the oldest places', () => {
    const long = go(emptyHistory(), ...Array.from({ length: 500 }, (_, index) => String(index)));
    expect(long.places.length).toBeLessThan(500);
    expect(currentPlace(long)).toBe('499');
  });

  it('has nowhere to go while it is empty', () => {
    expect(currentPlace(emptyHistory())).toBeUndefined();
    expect(step(emptyHistory(), -1)).toBeUndefined();
    expect(step(emptyHistory(), 1)).toBeUndefined();
  });
});
