import { describe, expect, test } from 'vitest';
import { negotiate } from './media-types.ts';
import { parseRequestPath } from './request-info.ts';

describe('paths', () => {
  test.each([
    ['/api/v1/services', { group: '', version: 'v1', resource: 'services', watch: false }],
    [
      '/api/v1/namespaces/a/services/b',
      { group: '', version: 'v1', namespace: 'a', resource: 'services', name: 'b', watch: false },
    ],
    [
      '/apis/apps/v1/namespaces/a/deployments/b/scale',
      {
        group: 'apps',
        version: 'v1',
        namespace: 'a',
        resource: 'deployments',
        name: 'b',
        subresource: 'scale',
        watch: false,
      },
    ],
    ['/api/v1/namespaces', { group: '', version: 'v1', resource: 'namespaces', watch: false }],
    ['/api/v1/namespaces/a', { group: '', version: 'v1', resource: 'namespaces', name: 'a', watch: false }],
    [
      '/api/v1/namespaces/a/finalize',
      { group: '', version: 'v1', resource: 'namespaces', name: 'a', subresource: 'finalize', watch: false },
    ],
    [
      '/api/v1/watch/namespaces/a/pods',
      { group: '', version: 'v1', namespace: 'a', resource: 'pods', watch: true },
    ],
    ['/api/v1/nodes/a%2Fb', { group: '', version: 'v1', resource: 'nodes', name: 'a/b', watch: false }],
    ['/api/v1', undefined],
    ['/apis/apps', undefined],
    ['/version', undefined],
    ['/api/v1/nodes/%', undefined],
    ['/api/v1/nodes/a/b/c/d', undefined],
  ])('%s', (path, info) => {
    expect(parseRequestPath(path)).toEqual(info);
  });
});

describe('the form of an answer', () => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

  test.each([
    [undefined, { format: 'json' }],
    ['*/*', { format: 'json' }],
    ['application/yaml', { format: 'yaml' }],
    [`${table},application/json`, { format: 'json', as: 'Table' }],
    ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', { format: 'json' }],
    ['application/vnd.kubernetes.protobuf,application/json', { format: 'json' }],
    ['application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch', { format: 'json' }],
    ['application/json;q=0.5, application/yaml', { format: 'yaml' }],
    ['application/vnd.kubernetes.protobuf', undefined],
    ['text/html', undefined],
  ])('%s', (accept, representation) => {
    expect(negotiate(accept)).toEqual(representation);
  });
});
