import type { Service, ServicePort, ServiceSpec } from '../../../../app/kubernetes/objects.ts';
import { serviceWarnings } from '../../../../app/kubernetes/validation/service-warnings.ts';
import type { ServiceAllocator } from '../allocation/service-allocator.ts';

import { ageColumn, column, nameColumn, wideColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import { formatLabels } from '../tables/labels.ts';
import { allVerbs, type Resource, type Strategy, type Table } from './resource.ts';
import { dropTypeDependentFields } from './service-transitions.ts';
import { takeOver } from './take-over.ts';

export function services(allocator: ServiceAllocator): Resource {
  return {
    group: '',
    version: 'v1',
    resource: 'services',
    singular: 'service',
    kind: 'Service',
    namespaced: true,
    shortNames: ['svc'],
    categories: ['all'],
    verbs: allVerbs,
    subresources: ['status'],
    strategy: serviceStrategy(allocator),
    table,
  };
}

function serviceStrategy(allocator: ServiceAllocator): Strategy {
  return {
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: true,
    returnDeletedObject: true,
    prepareForCreate(object): void {
      object['status'] = { loadBalancer: {} };
      dropInternalTraffic(object as Service);
    },
    prepareForUpdate(object, old): void {
      takeOver(object, old, 'status');
      dropTypeDependentFields(object as Service, old as Service);
      dropInternalTraffic(object as Service);
    },
    allocateCreate: (object, dryRun) => allocator.allocateCreate(object as Service, dryRun),
    allocateUpdate: (object, old, dryRun) =>
      allocator.allocateUpdate(object as Service, old as Service, dryRun),
    release: (object) => allocator.release(object as Service),
    warnings: (object) => serviceWarnings(object as Service),
  };
}

/** A name for something outside has no traffic of its own; the real server hides the default it once wrote. */
function dropInternalTraffic({ spec }: Service): void {
  if (spec?.type === 'ExternalName') delete spec.internalTrafficPolicy;
}

const table: Table = {
  columns: [
    nameColumn,
    column('Type', 'How the Service is exposed.'),
    column('Cluster-IP', 'The address of the Service inside the cluster.'),
    column('External-IP', 'The addresses of the Service outside the cluster.'),
    column('Port(s)', 'The ports of the Service, with their node ports.'),
    ageColumn,
    wideColumn('Selector', 'The pods that the Service sends traffic to.'),
  ],
  row(object) {
    const { spec = {} } = object as Service;
    return [
      object.metadata.name,
      spec.type ?? '',
      spec.clusterIPs?.[0] ?? '<none>',
      externalIP(object as Service),
      (spec.ports ?? []).map(formatPort).join(',') || '<none>',
      ageOf(object.metadata.creationTimestamp),
      formatLabels(spec.selector),
    ];
  },
};

function formatPort({ port, nodePort, protocol }: ServicePort): string {
  return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
}

function externalIP(service: Service): string {
  const spec: ServiceSpec = service.spec ?? {};
  const externalIPs = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIPs.join(',') || '<none>';
    case 'LoadBalancer':
      return [...loadBalancerAddresses(service), ...externalIPs].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function loadBalancerAddresses(service: Service): string[] {
  const addresses = (service.status?.loadBalancer?.ingress ?? []).map(
    ({ ip, hostname }) => ip || hostname || '',
  );
  return [...new Set(addresses.filter((address) => address !== ''))].sort();
}
