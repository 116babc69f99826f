import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type LabFixture, service, startFixture } from '../testing/lab-fixture.ts';

/** The four kinds of patch over HTTPS. */

let lab: LabFixture;
const services = '/api/v1/namespaces/default/services';

beforeAll(async () => {
  lab = await startFixture();
});

afterAll(() => lab.close());

describe('patches', () => {
  const patch = (type: string, body: unknown, query = ''): ReturnType<typeof call> =>
    call(lab.server, `${services}/patched${query}`, {
      method: 'PATCH',
      body,
      headers: { 'Content-Type': `application/${type}` },
    });

  beforeAll(async () => {
    await call(lab.server, services, {
      method: 'POST',
      body: service('patched', { ports: [{ name: 'a', port: 80 }] }),
    });
  });

  test.each([
    ['json-patch+json', [{ op: 'add', path: '/metadata/labels', value: { a: 'json' } }], 'json'],
    ['merge-patch+json', { metadata: { labels: { a: 'merge' } } }, 'merge'],
    ['strategic-merge-patch+json', { metadata: { labels: { a: 'strategic' } } }, 'strategic'],
  ])('%s', async (type, body, label) => {
    const { code, json } = await patch(type, body);
    expect([code, json.metadata.labels.a]).toEqual([200, label]);
  });

  test('strategic ones merge ports by their number, merge patches replace the list', async () => {
    const added = { spec: { ports: [{ name: 'b', port: 81 }] } };
    expect((await patch('strategic-merge-patch+json', added)).json.spec.ports).toHaveLength(2);
    expect((await patch('merge-patch+json', added)).json.spec.ports).toHaveLength(1);
  });

  test('apply makes what is not there, and is refused where others own the field', async () => {
    const path = `${services}/applied`;
    const apply = (manager: string, port: number, force = false): ReturnType<typeof call> =>
      call(lab.server, `${path}?fieldManager=${manager}&force=${force}`, {
        method: 'PATCH',
        body: `{apiVersion: v1, kind: Service, metadata: {name: applied}, spec: {sessionAffinity: ${port === 1 ? 'ClientIP' : 'None'}, ports: [{port: 80}]}}`,
        headers: { 'Content-Type': 'application/apply-patch+yaml' },
      });
    expect((await apply('one', 1)).code).toBe(201);
    const refused = await apply('two', 2);
    expect(refused.code).toBe(409);
    expect(refused.json.message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.sessionAffinity',
    );
    expect((await apply('two', 2, true)).json.spec.sessionAffinity).toBe('None');
  });

  test.each([
    ['json-patch+json', [{ op: 'remove', path: '/spec/nothing' }], 422, 'the server rejected our request'],
    [
      'json-patch+json',
      { not: 'a list' },
      400,
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    ],
    [
      'merge-patch+json',
      '"text"',
      400,
      'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}',
    ],
    [
      'strategic-merge-patch+json',
      [1],
      400,
      'json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    ['apply-patch+yaml', '{}', 422, 'fieldManager: Required value: is required for apply patch'],
    [
      'merge-patch+json',
      { metadata: { uid: 'x' } },
      422,
      'metadata.uid: Invalid value: "x": field is immutable',
    ],
    ['strategic-merge-patch+json', { spec: { ports: [{ port: 'x' }] } }, 422, 'unrecognized type: int32'],
    [
      'merge-patch+json',
      { spec: { type: 7 } },
      422,
      'json: cannot unmarshal number into Go struct field ServiceSpec.spec.type of type v1.ServiceType',
    ],
    ['merge-patch+json', { metadata: { resourceVersion: '1' } }, 409, 'the object has been modified'],
    ['merge-patch+json', { metadata: { name: 'other' } }, 400, 'does not match the name on the URL'],
    ['something', {}, 415, 'the body of the request was in an unknown format'],
  ])('%s %j: %i', async (type, body, code, message) => {
    const answer = await patch(type, body);
    expect(answer.code).toBe(code);
    expect(answer.json.message).toContain(message);
  });

  test('with unknown fields are refused by strict validation', async () => {
    const { code, json } = await patch(
      'strategic-merge-patch+json',
      { spec: { foo: 1 } },
      '?fieldValidation=Strict',
    );
    expect(code).toBe(422);
    expect(json.message).toBe(
      ' "" is invalid: patch: Invalid value: "map[spec:map[foo:1]]": strict decoding error: unknown field "spec.foo"',
    );
  });
});
