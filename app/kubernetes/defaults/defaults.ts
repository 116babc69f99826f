/**
 * The defaults an API server fills in while it decodes an object (pkg/apis/core/v1, apps/v1, discovery/v1
 * `defaults.go`). Allocation (cluster IPs, node ports, IP families) and admission are the server's own.
 */
import { isJsonObject, type JsonObject, type JsonValue, jsonCopy } from '../json.ts';
import type { GroupVersionKind } from '../schema/kinds.ts';
import { schemaFor, type TypeSchema, typeSchema, type ValueSchema } from '../schema/schema.ts';
import { childObject, setMissing } from './missing-fields.ts';
import { defaultContainer, defaultPod, defaultPodSpec, defaultVolume } from './pod-defaults.ts';
import { defaultService } from './service-defaults.ts';

/** Fills the defaults of one object of a type, in place; what it contains comes after. */
type Defaulter = (object: JsonObject) => void;

function missing(values: JsonObject): Defaulter {
  return (object) => {
    for (const [field, value] of Object.entries(values)) setMissing(object, field, jsonCopy(value));
  };
}

/** As `missing` for numbers that are not behind a pointer: zero is no value either. */
function missingOrZero(values: JsonObject): Defaulter {
  return (object) => {
    for (const [field, value] of Object.entries(values)) if (!object[field]) object[field] = value;
  };
}

const FILE_MODE = 0o644;

/** By Go type, or by definition where two types share a name. */
const DEFAULTERS: Readonly<Record<string, Defaulter>> = {
  Service: defaultService,
  'io.k8s.api.core.v1.EndpointPort': missing({ protocol: 'TCP' }),
  'io.k8s.api.discovery.v1.EndpointPort': defaultSlicePort,
  Namespace: defaultNamespace,
  NamespaceStatus: missing({ phase: 'Active' }),
  NodeStatus: defaultNodeStatus,
  Secret: missing({ type: 'Opaque' }),
  Deployment: defaultDeployment,
  ReplicaSet: (replicaSet) => setMissing(childObject(replicaSet, 'spec'), 'replicas', 1),
  Pod: defaultPod,
  PodSpec: defaultPodSpec,
  Container: defaultContainer,
  EphemeralContainer: defaultContainer,
  ContainerPort: missing({ protocol: 'TCP' }),
  Probe: missingOrZero({ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }),
  HTTPGetAction: missing({ path: '/', scheme: 'HTTP' }),
  GRPCAction: missing({ service: '' }),
  ObjectFieldSelector: missing({ apiVersion: 'v1' }),
  Volume: defaultVolume,
  SecretVolumeSource: missing({ defaultMode: FILE_MODE }),
  ConfigMapVolumeSource: missing({ defaultMode: FILE_MODE }),
  DownwardAPIVolumeSource: missing({ defaultMode: FILE_MODE }),
  ProjectedVolumeSource: missing({ defaultMode: FILE_MODE }),
  ServiceAccountTokenProjection: missing({ expirationSeconds: 3600 }),
  HostPathVolumeSource: missing({ type: '' }),
  ISCSIVolumeSource: missing({ iscsiInterface: 'default' }),
  RBDVolumeSource: missing({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }),
  AzureDiskVolumeSource: missing({
    cachingMode: 'ReadWrite',
    fsType: 'ext4',
    kind: 'Shared',
    readOnly: false,
  }),
  ScaleIOVolumeSource: missing({ storageMode: 'ThinProvisioned', fsType: 'xfs' }),
  PersistentVolumeClaimSpec: missing({ volumeMode: 'Filesystem' }),
};

/** The object with its defaults; the given one stays as it is. Throws for a kind without a schema. */
export function applyDefaults<T extends JsonObject>(gvk: GroupVersionKind, object: T): T {
  const type = schemaFor(gvk);
  if (type === undefined) throw new Error(`no schema for ${gvk.group}/${gvk.version} ${gvk.kind}`);
  const copy = jsonCopy(object);
  defaultStruct(type, copy);
  return copy;
}

function defaultStruct(type: TypeSchema, object: JsonObject): void {
  (DEFAULTERS[type.definition] ?? DEFAULTERS[type.goName])?.(object);
  for (const field of type.fields.values()) defaultValue(field.value, object[field.name]);
}

function defaultValue(schema: ValueSchema, value: JsonValue | undefined): void {
  if (value === undefined || value === null) return;
  if (schema.kind === 'struct' && isJsonObject(value)) defaultStruct(typeSchema(schema.definition), value);
  if (schema.kind === 'list' && Array.isArray(value))
    for (const item of value) defaultValue(schema.items, item);
  if (schema.kind === 'map' && isJsonObject(value)) {
    for (const item of Object.values(value)) defaultValue(schema.values, item);
  }
}

function defaultSlicePort(port: JsonObject): void {
  port['name'] ??= '';
  port['protocol'] ??= 'TCP';
}

function defaultNamespace(namespace: JsonObject): void {
  const metadata = childObject(namespace, 'metadata');
  const name = metadata['name'];
  if (typeof name === 'string' && name !== '')
    childObject(metadata, 'labels')['kubernetes.io/metadata.name'] = name;
}

function defaultNodeStatus(status: JsonObject): void {
  if (status['capacity'] && !status['allocatable']) status['allocatable'] = jsonCopy(status['capacity']);
}

function defaultDeployment(deployment: JsonObject): void {
  const spec = childObject(deployment, 'spec');
  setMissing(spec, 'replicas', 1);
  const strategy = childObject(spec, 'strategy');
  setMissing(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    const rollingUpdate = childObject(strategy, 'rollingUpdate');
    rollingUpdate['maxUnavailable'] ??= '25%';
    rollingUpdate['maxSurge'] ??= '25%';
  }
  setMissing(spec, 'revisionHistoryLimit', 10);
  setMissing(spec, 'progressDeadlineSeconds', 600);
}
