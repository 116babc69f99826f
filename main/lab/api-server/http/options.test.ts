import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type LabFixture, service, startFixture } from '../testing/lab-fixture.ts';

/** The options of requests that write, and how they are refused: in the words of the kind of request. */

let lab: LabFixture;
const services = '/api/v1/namespaces/default/services';
const long = 'x'.repeat(129);

beforeAll(async () => {
  lab = await startFixture();
  lab.client.create('services', service('there'));
});

afterAll(() => lab.close());

describe('options of a request', () => {
  test.each([
    [
      'POST',
      '',
      'dryRun=Some',
      'CreateOptions',
      'dryRun: Unsupported value: ["Some"]: supported values: "All"',
    ],
    [
      'POST',
      '',
      'fieldValidation=Loose',
      'CreateOptions',
      'fieldValidation: Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"',
    ],
    [
      'POST',
      '',
      `fieldManager=${long}`,
      'CreateOptions',
      'fieldManager: Too long: may not be more than 128 bytes',
    ],
    [
      'PUT',
      '/there',
      'fieldManager=a%0Ab',
      'UpdateOptions',
      'fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ],
    ['PUT', '/there/status', 'dryRun=Some', 'UpdateOptions', 'dryRun: Unsupported value: ["Some"]'],
    [
      'PATCH',
      '/there',
      'force=true',
      'PatchOptions',
      'force: Forbidden: may not be specified for non-apply patch',
    ],
    [
      'DELETE',
      '/there',
      'propagationPolicy=Some',
      'DeleteOptions',
      'propagationPolicy: Unsupported value: "Some": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      'DELETE',
      '/there',
      'propagationPolicy=Orphan&orphanDependents=true',
      'DeleteOptions',
      'propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    ],
    [
      'DELETE',
      '',
      'dryRun=Some',
      'DeleteOptions',
      'dryRun: Unsupported value: ["Some"]: supported values: "All"',
    ],
  ])('%s %s?%s', async (method, path, query, kind, message) => {
    const { code, json } = await call(lab.server, `${services}${path}?${query}`, {
      method,
      ...(method === 'DELETE' ? {} : { body: service(path ? 'there' : 'new') }),
      ...(method === 'PATCH' && { headers: { 'Content-Type': 'application/merge-patch+json' } }),
    });
    expect([code, json.reason, json.details.kind]).toEqual([422, 'Invalid', kind]);
    expect(json.message.startsWith(`${kind}.meta.k8s.io "" is invalid: ${message}`), json.message).toBe(true);
    expect(lab.client.list('services').map(({ metadata }) => metadata.name)).toEqual(['kubernetes', 'there']);
  });
});

test.each([
  [
    'no body',
    undefined,
    400,
    "the object provided is unrecognized (must be of type Service): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
  ],
  [
    'a version, though it is to be made',
    { ...service('versioned'), metadata: { name: 'versioned', resourceVersion: '5' } },
    500,
    'resourceVersion should not be set on objects to be created',
  ],
])('a create with %s is refused', async (_what, body, code, message) => {
  const answer = await call(lab.server, services, { method: 'POST', ...(body && { body }) });
  expect([answer.code, answer.json.message]).toEqual([code, message]);
});
