/**
 * How the elements of lists and maps belong together, which the generated types do not tell: the
 * `x-kubernetes-list-type`, `-list-map-keys`, `-map-type`, `-patch-strategy` and `-patch-merge-key` of the
 * Kubernetes API (markers of its Go types). Server-side apply goes by the list types, strategic merge
 * patches by the patch strategies; they differ in places (`ServicePort` merges by port alone in a patch).
 */

export type ListType = 'atomic' | 'set' | 'map';

export interface ListRule {
  listType: ListType;
  /** Fields that identify an element of a `map` list. */
  mapKeys?: readonly string[];
  /** The field that identifies an element in a strategic merge patch, when its strategy is `merge`. */
  patchMergeKey?: string;
  patchStrategy?: string;
}

function keyed(patchMergeKey: string, mapKeys: readonly string[] = [patchMergeKey]): ListRule {
  return { listType: 'map', mapKeys, patchMergeKey, patchStrategy: 'merge' };
}

function keyedRetaining(key: string): ListRule {
  return { listType: 'map', mapKeys: [key], patchMergeKey: key, patchStrategy: 'merge,retainKeys' };
}

const CONDITIONS = keyed('type');
const MERGED_SET: ListRule = { listType: 'set', patchStrategy: 'merge' };

/** By Go type and field; a list that is not here is atomic and replaced as a whole. */
export const LIST_RULES: Readonly<Record<string, ListRule>> = {
  'ObjectMeta.finalizers': MERGED_SET,
  'ObjectMeta.ownerReferences': keyed('uid'),

  'ServiceSpec.ports': keyed('port', ['port', 'protocol']),
  'ServiceStatus.conditions': CONDITIONS,
  'ServiceCIDRStatus.conditions': CONDITIONS,
  'Endpoint.addresses': { listType: 'set' },
  'NamespaceStatus.conditions': CONDITIONS,
  'ServiceAccount.imagePullSecrets': { listType: 'atomic' },
  'ServiceAccount.secrets': keyed('name'),

  'NodeSpec.podCIDRs': MERGED_SET,
  'NodeStatus.addresses': keyed('type'),
  'NodeStatus.conditions': CONDITIONS,

  'DeploymentStatus.conditions': CONDITIONS,
  'ReplicaSetStatus.conditions': CONDITIONS,

  'PodSpec.containers': keyed('name'),
  'PodSpec.ephemeralContainers': keyed('name'),
  'PodSpec.hostAliases': keyed('ip'),
  'PodSpec.imagePullSecrets': keyed('name'),
  'PodSpec.initContainers': keyed('name'),
  'PodSpec.resourceClaims': keyedRetaining('name'),
  'PodSpec.schedulingGates': keyed('name'),
  'PodSpec.topologySpreadConstraints': keyed('topologyKey', ['topologyKey', 'whenUnsatisfiable']),
  'PodSpec.volumes': keyedRetaining('name'),
  'PodStatus.conditions': CONDITIONS,
  'PodStatus.hostIPs': { listType: 'atomic', patchMergeKey: 'ip', patchStrategy: 'merge' },
  'PodStatus.podIPs': keyed('ip'),
  'PodStatus.resourceClaimStatuses': keyedRetaining('name'),
  'ResourceRequirements.claims': { listType: 'map', mapKeys: ['name'] },
  'ResourceStatus.resources': { listType: 'map', mapKeys: ['resourceID'] },

  'Container.env': keyed('name'),
  'Container.ports': keyed('containerPort', ['containerPort', 'protocol']),
  'Container.volumeDevices': keyed('devicePath'),
  'Container.volumeMounts': keyed('mountPath'),
  'EphemeralContainer.env': keyed('name'),
  'EphemeralContainer.ports': keyed('containerPort', ['containerPort', 'protocol']),
  'EphemeralContainer.volumeDevices': keyed('devicePath'),
  'EphemeralContainer.volumeMounts': keyed('mountPath'),
  'ContainerStatus.allocatedResourcesStatus': keyed('name'),
  'ContainerStatus.volumeMounts': keyed('mountPath'),
};

/** Values that an omitted key field of a `map` list stands for. */
export const MAP_KEY_DEFAULTS: Readonly<Record<string, unknown>> = {
  'ServicePort.protocol': 'TCP',
  'ContainerPort.protocol': 'TCP',
};

/** Objects whose fields a patch retains only when it names them (`patchStrategy:"retainKeys"`). */
export const RETAIN_KEYS_FIELDS: ReadonlySet<string> = new Set(['DeploymentSpec.strategy']);

/** Types that are owned and replaced as a whole (`x-kubernetes-map-type: atomic`). */
export const ATOMIC_TYPES: ReadonlySet<string> = new Set([
  'ConfigMapKeySelector',
  'EndpointAddress',
  'EndpointPort',
  'FileKeySelector',
  'LabelSelector',
  'LocalObjectReference',
  'NodeSelector',
  'NodeSelectorTerm',
  'ObjectFieldSelector',
  'ObjectReference',
  'OwnerReference',
  'ResourceFieldSelector',
  'SecretKeySelector',
  'SecretReference',
  'TypedLocalObjectReference',
]);

/** Maps that are owned and replaced as a whole. */
export const ATOMIC_MAPS: ReadonlySet<string> = new Set([
  'PodSpec.nodeSelector',
  'ReplicationControllerSpec.selector',
  'ServiceSpec.selector',
]);
