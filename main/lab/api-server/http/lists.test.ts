import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type LabFixture, startFixture } from '../testing/lab-fixture.ts';

/** Lists in pages, at versions and by selectors, over HTTPS. */

let lab: LabFixture;

beforeAll(async () => {
  lab = await startFixture();
});

afterAll(() => lab.close());

describe('lists', () => {
  beforeAll(() => {
    for (const name of ['page-a', 'page-b', 'page-c', 'page-d', 'page-e']) {
      lab.client.create('secrets', { metadata: { name, namespace: 'default', labels: { page: name } } });
    }
  });
  const secrets = '/api/v1/namespaces/default/secrets';
  const names = (json: { items: { metadata: { name: string } }[] }): string[] =>
    json.items.map((item) => item.metadata.name).filter((name) => name.startsWith('page-'));

  test('come in pages of one state, whatever happens between them', async () => {
    const first = (await call(lab.server, `${secrets}?limit=2`)).json;
    expect(names(first)).toEqual(['page-a', 'page-b']);
    expect(first.metadata.remainingItemCount).toBe(3);
    lab.client.delete('secrets', { namespace: 'default', name: 'page-c' });
    lab.client.create('secrets', { metadata: { name: 'page-f', namespace: 'default' } });
    const next = (await call(lab.server, `${secrets}?limit=2&continue=${first.metadata.continue}`)).json;
    expect(names(next)).toEqual(['page-c', 'page-d']);
    expect(next.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const last = (await call(lab.server, `${secrets}?limit=2&continue=${next.metadata.continue}`)).json;
    expect(names(last)).toEqual(['page-e']);
    expect(last.metadata.continue).toBeUndefined();
  });

  test('of a state that is forgotten are 410, with a token to go on in the present one', async () => {
    const first = (await call(lab.server, `${secrets}?limit=1`)).json;
    for (let index = 0; index < 1300; index += 1) {
      lab.client.patch(
        'secrets',
        { namespace: 'default', name: 'page-d' },
        { patch: { metadata: { annotations: { index: String(index) } } } },
      );
    }
    const gone = await call(lab.server, `${secrets}?limit=9&continue=${first.metadata.continue}`);
    expect([gone.code, gone.json.reason]).toEqual([410, 'Expired']);
    const rest = await call(lab.server, `${secrets}?limit=9&continue=${gone.json.metadata.continue}`);
    expect(names(rest.json)).toEqual(['page-b', 'page-d', 'page-e', 'page-f']);
  });

  test.each([
    ['labelSelector=page=page-a', ['page-a']],
    ['labelSelector=page in (page-a,page-b)', ['page-a', 'page-b']],
    ['fieldSelector=metadata.name=page-e', ['page-e']],
    ['fieldSelector=metadata.name!=page-e&labelSelector=page', ['page-a', 'page-b', 'page-d']],
  ])('with %s', async (query, expected) => {
    expect(names((await call(lab.server, `${secrets}?${query}`)).json)).toEqual(expected);
  });

  test.each([
    ['fieldSelector=spec.foo=bar', 400, 'spec.foo'],
    ['labelSelector=a=(', 400, 'unable to parse requirement'],
    ['continue=nonsense', 400, 'continue key is not valid'],
    ['resourceVersion=x', 400, 'resourceVersion'],
    ['resourceVersion=99999999', 504, 'Too large resource version: 99999999'],
    [
      'resourceVersionMatch=Exact',
      422,
      'resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersion=1&resourceVersionMatch=Other',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Other": supported values: "Exact", "NotOlderThan", ""',
    ],
    ['sendInitialEvents=true', 422, 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
    [
      'watch=1&sendInitialEvents=true',
      422,
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'watch=1&resourceVersionMatch=NotOlderThan',
      422,
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ])('with %s are refused', async (query, code, message) => {
    const answer = await call(lab.server, `${secrets}?${query}`);
    expect(answer.code).toBe(code);
    expect(answer.json.message).toContain(message);
  });

  test('can be deleted as a whole', async () => {
    const { code, json } = await call(lab.server, `${secrets}?labelSelector=page`, { method: 'DELETE' });
    expect(code).toBe(200);
    expect(names(json)).toEqual(['page-a', 'page-b', 'page-d', 'page-e']);
    expect(names((await call(lab.server, secrets)).json)).toEqual(['page-f']);
  });
});
