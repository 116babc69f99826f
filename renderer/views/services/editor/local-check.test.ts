import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../app/kubernetes/json.ts';
import type { Service } from '../../../../app/kubernetes/objects.ts';
import { checkLocally } from './local-check.ts';

const PORTS = [{ port: 80 }];

function service(spec: JsonObject, metadata: JsonObject = { name: 'web' }): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', metadata, spec };
}

describe('a Service as it is typed', () => {
  it.each<[string, JsonObject, [string, string][]]>([
    [
      'is valid without a namespace, addresses and node ports',
      service({ type: 'NodePort', ports: PORTS }),
      [],
    ],
    [
      'has a text for a number',
      service({ ports: [...PORTS, { port: 'y' }] }),
      [['spec.ports[1].port', 'cannot unmarshal string']],
    ],
    [
      'has a field that there is none of',
      service({ ports: [{ port: 80, prot: 1 }] }),
      [['spec.ports[0].prot', 'unknown field']],
    ],
    ['lacks its ports', service({}), [['spec.ports', 'Required value']]],
    ['has another type', service({ type: 'X', ports: PORTS }), [['spec.type', 'Unsupported value: "X"']]],
    [
      'has a number in a map of texts',
      service({ ports: PORTS }, { name: 'a', labels: { b: 'c', d: 1 } }),
      [['metadata.labels.d', 'cannot unmarshal number']],
    ],
    [
      'has a label that is none',
      service({ ports: PORTS }, { name: 'a', labels: { b: 'c', d: '%"' } }),
      [['metadata.labels[d]', 'Invalid value: "%\\""']],
    ],
    [
      'has a selector whose key is none',
      service({ ports: PORTS, selector: { 'a b': 'c' } }),
      [['spec.selector[a b]', 'Invalid value: "a b"']],
    ],
    [
      'has ranges that are none, which the API spells its own way',
      service({ type: 'LoadBalancer', ports: PORTS, loadBalancerSourceRanges: ['x'] }),
      [['spec.loadBalancerSourceRanges[0]', 'Invalid value: "x"']],
    ],
    ['is of another kind', { ...service({}), kind: 'Pod' }, [['kind', 'a Service is edited here']]],
    ['has a text for its spec', { ...service({}), spec: 'x' }, [['spec', 'cannot unmarshal string']]],
  ])('%s', (_name, object, expected) => {
    const { problems } = checkLocally(object, undefined);
    expect(problems.map(({ field }) => field)).toEqual(expected.map(([field]) => field));
    for (const [index, [, words]] of expected.entries()) expect(problems[index]?.message).toContain(words);
  });

  it('knows the defaults, and what the API warns of', () => {
    const { defaulted, warnings } = checkLocally(
      service({ ports: PORTS, externalIPs: ['10.0.0.200'] }),
      undefined,
    );
    expect(defaulted?.spec).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ports: [{ protocol: 'TCP', targetPort: 80 }],
    });
    expect(warnings).toEqual([{ field: 'spec.externalIPs', message: expect.stringContaining('deprecated') }]);
  });

  it('may not change what a server does not let change', () => {
    const stored: Service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1' },
      spec: {
        type: 'ClusterIP',
        clusterIP: '10.254.0.1',
        clusterIPs: ['10.254.0.1'],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
      },
    };
    const changed = service({
      ...(stored.spec as JsonObject),
      clusterIP: '10.254.0.2',
      clusterIPs: ['10.254.0.2'],
    });
    const { problems } = checkLocally(changed, stored);
    expect(problems[0]).toMatchObject({
      field: 'spec.clusterIP',
      message: expect.stringContaining('may not change'),
    });
    const same = service(stored.spec as JsonObject, { name: 'web', namespace: 'default' });
    expect(checkLocally(same, stored).problems).toEqual([]);
  });
});
