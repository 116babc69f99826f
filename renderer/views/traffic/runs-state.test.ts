import { expect, it } from 'vitest';
import type { TrafficRun } from '../../../app/contract/traffic.ts';
import { applyRunsChanges } from './runs-state.ts';

it('puts a new run first, replaces one that is known, forgets one that was removed', () => {
  const run = (id: string, state: TrafficRun['state'] = 'running'): TrafficRun =>
    ({ id, state }) as TrafficRun;
  const begun = applyRunsChanges({ runs: [run('a')] }, [{ type: 'run', run: run('b') }]);
  expect(begun.runs.map(({ id }) => id)).toEqual(['b', 'a']);
  const done = applyRunsChanges(begun, [{ type: 'run', run: run('a', 'done') }]);
  expect(done.runs.map(({ id, state }) => [id, state])).toEqual([
    ['b', 'running'],
    ['a', 'done'],
  ]);
  expect(applyRunsChanges(done, [{ type: 'removed', id: 'b' }]).runs.map(({ id }) => id)).toEqual(['a']);
});
