import { randomUUID } from 'node:crypto';
import type { Service } from '../../../../app/kubernetes/objects.ts';
import { timestamp } from '../api-object.ts';
import type { Write } from '../storage/object-store.ts';
import { familyOf } from './ip-range.ts';

/** Under this name the IPAddress objects are stored; an object is there if and only if its address is taken. */
export const ipAddressesResource = 'ipaddresses';

/** The IPAddress object that stands for a Service's cluster IP, as the real allocator makes it. */
export function takeAddress(address: string, service: Service): Write {
  const { namespace = '', name = '' } = service.metadata ?? {};
  return {
    resource: ipAddressesResource,
    key: address,
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        name: address,
        uid: randomUUID(),
        creationTimestamp: timestamp(),
        labels: {
          'ipaddress.kubernetes.io/ip-family': familyOf(address),
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { group: '', resource: 'services', namespace, name } },
    },
  };
}

export function giveBackAddress(address: string): Write {
  return { resource: ipAddressesResource, key: address, object: null };
}
