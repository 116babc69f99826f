import { describe, expect, test } from 'vitest';
import { pathOf, readPlace } from './router.svelte.ts';

describe('a place', () => {
  test.each([
    { hash: '', view: 'services', segments: [], query: {} },
    { hash: '#/rules', view: 'rules', segments: [], query: {} },
    {
      hash: '#/services/default/web?tab=yaml',
      view: 'services',
      segments: ['default', 'web'],
      query: { tab: 'yaml' },
    },
    { hash: '#/services/a%2Fb/%E0%A4%A', view: 'services', segments: ['a/b', '%E0%A4%A'], query: {} },
    { hash: '#token=abcdefghijklmnopqrstuvwxyz', view: 'services', segments: [], query: {} },
  ])('$hash is read', ({ hash, view, segments, query }) => {
    expect(readPlace(hash, 'services')).toEqual({ view, segments, query });
  });

  test('written is read as it was', () => {
    const query = { chain: 'KUBE-SVC-A', text: 'a b&c=d?' };
    expect(readPlace(`#${pathOf('rules', ['x/y', 'ü'], query)}`, 'services')).toEqual({
      view: 'rules',
      segments: ['x/y', 'ü'],
      query,
    });
  });
});
