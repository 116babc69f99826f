/**
 * Validation as an API server does it, of decoded objects with their defaults: nothing here knows which
 * addresses and ports are taken, so that an editor and a command line can ask as well.
 */
import type { KubernetesObject } from '../objects.ts';
import { type GroupVersionKind, gvkKey } from '../schema/kinds.ts';
import {
  validateIPAddressCreate,
  validateIPAddressUpdate,
  validateNamespaceCreate,
  validateNamespaceUpdate,
  validateNodeCreate,
  validateNodeUpdate,
  validateServiceCIDRCreate,
  validateServiceCIDRUpdate,
} from './cluster-objects.ts';
import {
  validateConfigMapCreate,
  validateConfigMapUpdate,
  validateSecretCreate,
  validateSecretUpdate,
} from './configuration.ts';
import {
  validateEndpointSliceCreate,
  validateEndpointSliceUpdate,
  validateEndpointsCreate,
  validateEndpointsUpdate,
} from './endpoints.ts';
import { validateEvent, validatePlainCreate, validatePlainUpdate } from './event.ts';
import type { FieldError } from './field-error.ts';
import { validateLeaseCreate, validateLeaseUpdate } from './lease.ts';
import { validateObjectMetaUpdate } from './object-meta.ts';
import { validatePodCreate, validatePodUpdate } from './pod.ts';
import { validateServiceCreate, validateServiceUpdate } from './service.ts';
import { validateServiceStatusUpdate } from './service-status.ts';
import { serviceWarnings } from './service-warnings.ts';
import {
  validateDeploymentCreate,
  validateDeploymentUpdate,
  validateReplicaSetCreate,
  validateReplicaSetUpdate,
  validateScale,
} from './workloads.ts';

export type { FieldError } from './field-error.ts';
export { errorBody, formatInvalid } from './field-error.ts';

export interface ValidationOptions {
  /** The object has not been to a server yet: what a server allocates may be missing (a health check node port). */
  unallocated?: boolean;
}

interface Rules {
  create(object: KubernetesObject, options: ValidationOptions): FieldError[];
  update(object: KubernetesObject, old: KubernetesObject, options: ValidationOptions): FieldError[];
}

/**
 * Each rule takes its own kind; that an object is of its kind was seen to when it was decoded, which is
 * what the table relies on.
 */
function rules<T extends KubernetesObject>(
  create: (object: T, options: ValidationOptions) => FieldError[],
  update: (object: T, old: T, options: ValidationOptions) => FieldError[],
): Rules {
  return {
    create: (object, options) => create(object as T, options),
    update: (object, old, options) => update(object as T, old as T, options),
  };
}

const PLAIN = rules(validatePlainCreate, validatePlainUpdate);

const RULES: Readonly<Record<string, Rules>> = {
  '/v1, Kind=Service': rules(validateServiceCreate, validateServiceUpdate),
  '/v1, Kind=Endpoints': rules(validateEndpointsCreate, validateEndpointsUpdate),
  'discovery.k8s.io/v1, Kind=EndpointSlice': rules(validateEndpointSliceCreate, validateEndpointSliceUpdate),
  '/v1, Kind=Namespace': rules(validateNamespaceCreate, validateNamespaceUpdate),
  '/v1, Kind=Node': rules(validateNodeCreate, validateNodeUpdate),
  '/v1, Kind=Pod': rules(validatePodCreate, validatePodUpdate),
  'apps/v1, Kind=Deployment': rules(validateDeploymentCreate, validateDeploymentUpdate),
  'apps/v1, Kind=ReplicaSet': rules(validateReplicaSetCreate, validateReplicaSetUpdate),
  'autoscaling/v1, Kind=Scale': rules(validateScale, validateScale),
  'networking.k8s.io/v1, Kind=ServiceCIDR': rules(validateServiceCIDRCreate, validateServiceCIDRUpdate),
  'networking.k8s.io/v1, Kind=IPAddress': rules(validateIPAddressCreate, validateIPAddressUpdate),
  '/v1, Kind=Event': rules(validateEvent, validatePlainUpdate),
  'events.k8s.io/v1, Kind=Event': rules(validateEvent, validatePlainUpdate),
  '/v1, Kind=ConfigMap': rules(validateConfigMapCreate, validateConfigMapUpdate),
  '/v1, Kind=Secret': rules(validateSecretCreate, validateSecretUpdate),
  '/v1, Kind=ServiceAccount': PLAIN,
  'coordination.k8s.io/v1, Kind=Lease': rules(validateLeaseCreate, validateLeaseUpdate),
};

/** What is wrong with a new object, in the API's order; kinds without rules of their own are valid. */
export function validateCreate(
  gvk: GroupVersionKind,
  object: KubernetesObject,
  options: ValidationOptions = {},
): FieldError[] {
  return RULES[gvkKey(gvk)]?.create(object, options) ?? [];
}

/** What is wrong with a changed object; `old` is the stored one. */
export function validateUpdate(
  gvk: GroupVersionKind,
  object: KubernetesObject,
  old: KubernetesObject,
  options: ValidationOptions = {},
): FieldError[] {
  return RULES[gvkKey(gvk)]?.update(object, old, options) ?? [];
}

/** What is wrong with a changed status, sent to `/status`. */
export function validateStatusUpdate(
  gvk: GroupVersionKind,
  object: KubernetesObject,
  old: KubernetesObject,
): FieldError[] {
  if (gvkKey(gvk) === '/v1, Kind=Service') return validateServiceStatusUpdate(object, old);
  return validateObjectMetaUpdate(object.metadata ?? {}, old.metadata ?? {});
}

/** What an API server warns of in an object it takes: texts for `Warning` headers. */
export function warningsFor(gvk: GroupVersionKind, object: KubernetesObject): string[] {
  return gvkKey(gvk) === '/v1, Kind=Service' ? serviceWarnings(object) : [];
}
