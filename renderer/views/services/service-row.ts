/** A Service as the table shows it, and the questions that filters ask of it. */
import type { Diagnosis } from '../../../app/contract/diagnosis.ts';
import type { Stored } from '../../../app/contract/objects.ts';
import type { ClusterIndex } from '../../../app/diagnosis/cluster-index.ts';
import { diagnose } from '../../../app/diagnosis/diagnose.ts';
import { endpointCounts } from '../../../app/diagnosis/endpoints-behind.ts';
import type { EngineFacts } from '../../../app/diagnosis/engine-facts.ts';
import type { Service, ServiceSpec } from '../../../app/kubernetes/objects.ts';

export interface ServiceRow {
  readonly service: Stored<Service>;
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly type: NonNullable<ServiceSpec['type']>;
  /** The cluster IPs, `None`, or the external name. */
  readonly address: string;
  /** As kubectl writes them: `3306:30964/TCP,53/UDP`. */
  readonly ports: string;
  /** Addresses outside: external IPs and the load balancer's. */
  readonly external: string;
  readonly endpoints: { readonly ready: number; readonly all: number };
  readonly affinity: string;
  readonly selector: string;
  /** RFC 3339. */
  readonly created: string;
  readonly diagnoses: readonly Diagnosis[];
}

export function serviceRow(service: Stored<Service>, cluster: ClusterIndex, facts: EngineFacts): ServiceRow {
  const { metadata, spec = {} } = service;
  const namespace = metadata.namespace ?? 'default';
  return {
    service,
    key: `${namespace}/${metadata.name}`,
    namespace,
    name: metadata.name,
    type: spec.type ?? 'ClusterIP',
    address: spec.type === 'ExternalName' ? (spec.externalName ?? '') : addressesOf(spec),
    ports: portsText(spec),
    external: externalText(service),
    endpoints: endpointCounts(cluster.slicesOf(service)),
    affinity: spec.sessionAffinity ?? 'None',
    selector: Object.entries(spec.selector ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    created: metadata.creationTimestamp ?? '',
    diagnoses: diagnose(service, cluster, facts),
  };
}

function addressesOf({ clusterIPs = [], clusterIP = '' }: ServiceSpec): string {
  return clusterIPs.length > 0 ? clusterIPs.join(', ') : clusterIP;
}

/** `port[:nodePort]/protocol`, comma-separated, in the Service's order. */
export function portsText({ ports = [] }: ServiceSpec): string {
  return ports
    .map(({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',');
}

function externalText({ spec = {}, status }: Service): string {
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
  return [...ingress, ...(spec.externalIPs ?? [])].join(', ');
}

export interface ServiceFilter {
  /** Words that all must be found somewhere: in a name, an address, a port, a label, the selector. */
  readonly text: string;
  /** Empty for all. */
  readonly namespace: string;
  readonly type: string;
  readonly health: 'all' | 'problems' | 'well';
}

export const noFilter: ServiceFilter = { text: '', namespace: '', type: '', health: 'all' };

export function isFiltered({ text, namespace, type, health }: ServiceFilter): boolean {
  return text.trim() !== '' || namespace !== '' || type !== '' || health !== 'all';
}

export function filterRows(rows: readonly ServiceRow[], filter: ServiceFilter): readonly ServiceRow[] {
  if (!isFiltered(filter)) return rows;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (filter.namespace === '' || row.namespace === filter.namespace) &&
      (filter.type === '' || row.type === filter.type) &&
      (filter.health === 'all' || hasProblem(row) === (filter.health === 'problems')) &&
      (words.length === 0 || words.every((word) => searchText(row).includes(word))),
  );
}

/** Whether something does not work, or will surprise. */
export function hasProblem({ diagnoses }: ServiceRow): boolean {
  return diagnoses.some(({ severity }) => severity !== 'note');
}

const searchTexts = new WeakMap<ServiceRow, string>();

function searchText(row: ServiceRow): string {
  const known = searchTexts.get(row);
  if (known !== undefined) return known;
  const labels = Object.entries(row.service.metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const { key, type, address, ports, external, selector } = row;
  const names = (row.service.spec?.ports ?? []).map(({ name = '' }) => name);
  const text = [key, type, address, ports, external, selector, ...labels, ...names].join('\n').toLowerCase();
  searchTexts.set(row, text);
  return text;
}

/** For sorting: the worst first, then how many. */
export function severityOrder({ diagnoses }: ServiceRow): number {
  const count = (severity: string): number =>
    diagnoses.filter((diagnosis) => diagnosis.severity === severity).length;
  return -(count('problem') * 1000 + count('warning'));
}
