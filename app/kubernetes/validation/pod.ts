/** Pods and pod templates (pkg/apis/core/validation `ValidatePodSpec`): what the lab's pods use of them. */
import { jsonEqual } from '../json.ts';
import type { KubernetesObject, ObjectMeta } from '../objects.ts';
import { type Container, validateContainers } from './containers.ts';
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidEach,
  NIL_POINTER,
  notSupported,
  required,
} from './field-error.ts';
import { dnsLabelErrors, dnsSubdomainErrors } from './names.ts';
import {
  validateAnnotations,
  validateLabels,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './object-meta.ts';

interface PodSpec {
  containers?: Container[] | null;
  initContainers?: Container[];
  volumes?: { name?: string }[];
  restartPolicy?: string;
  dnsPolicy?: string;
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  hostNetwork?: boolean;
  hostname?: string;
  subdomain?: string;
  serviceAccountName?: string;
  activeDeadlineSeconds?: number;
  terminationGracePeriodSeconds?: number;
  tolerations?: Toleration[];
}

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
}

export interface PodTemplate {
  metadata?: ObjectMeta;
  spec?: PodSpec;
}

interface Pod extends KubernetesObject {
  spec?: PodSpec;
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const MAX_INT32 = 2 ** 31 - 1;

export function validatePodCreate(pod: Pod): FieldError[] {
  const metadata = validateObjectMeta(pod.metadata ?? {}, {
    namespaced: true,
    nameErrors: dnsSubdomainErrors,
  });
  return [...metadata, ...validatePodSpec('spec', pod.spec ?? {})];
}

/** The template of the pods that a controller makes. */
export function validatePodTemplate(field: string, { metadata = {}, spec = {} }: PodTemplate): FieldError[] {
  return [
    ...validateLabels(`${field}.labels`, metadata.labels ?? {}),
    ...validateAnnotations(`${field}.annotations`, metadata.annotations ?? {}),
    ...validatePodSpec(`${field}.spec`, spec),
  ];
}

function validatePodSpec(field: string, spec: PodSpec): FieldError[] {
  const hostNetwork = spec.hostNetwork === true;
  const containers = spec.containers ?? [];
  const errors = validateVolumeNames(`${field}.volumes`, spec);
  if (containers.length === 0) errors.push(required(`${field}.containers`));
  errors.push(...validateContainers(`${field}.containers`, containers, { hostNetwork }));
  const taken = new Set(containers.flatMap((container) => container.name ?? []));
  errors.push(
    ...validateContainers(`${field}.initContainers`, spec.initContainers ?? [], { hostNetwork, taken }),
  );
  errors.push(
    ...validatePolicies(field, spec),
    ...validateLabels(`${field}.nodeSelector`, spec.nodeSelector ?? {}),
  );
  errors.push(...validatePodNames(field, spec), ...validateDeadlines(field, spec));
  return [...errors, ...validateTolerations(`${field}.tolerations`, spec.tolerations ?? [])];
}

function validateVolumeNames(field: string, { volumes = [] }: PodSpec): FieldError[] {
  const names = new Set<string>();
  return volumes.flatMap(({ name = '' }, index) => {
    const at = `${field}[${index}].name`;
    const errors = name === '' ? [required(at)] : invalidEach(at, name, dnsLabelErrors(name));
    if (names.has(name)) errors.push(duplicate(at, name));
    names.add(name);
    return errors;
  });
}

function validatePolicies(field: string, { restartPolicy = '', dnsPolicy = '' }: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (restartPolicy === '') errors.push(required(`${field}.restartPolicy`));
  else if (!RESTART_POLICIES.includes(restartPolicy)) {
    errors.push(notSupported(`${field}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  }
  if (dnsPolicy === '') errors.push(required(`${field}.dnsPolicy`));
  else if (!DNS_POLICIES.includes(dnsPolicy))
    errors.push(notSupported(`${field}.dnsPolicy`, dnsPolicy, DNS_POLICIES));
  return errors;
}

function validatePodNames(field: string, spec: PodSpec): FieldError[] {
  const { serviceAccountName = '', nodeName = '', hostname = '', subdomain = '' } = spec;
  const named: [string, string, (text: string) => string[]][] = [
    ['serviceAccountName', serviceAccountName, dnsSubdomainErrors],
    ['nodeName', nodeName, dnsSubdomainErrors],
    ['hostname', hostname, dnsLabelErrors],
    ['subdomain', subdomain, dnsLabelErrors],
  ];
  return named.flatMap(([name, value, errors]) =>
    value === '' ? [] : invalidEach(`${field}.${name}`, value, errors(value)),
  );
}

function validateDeadlines(field: string, spec: PodSpec): FieldError[] {
  const { activeDeadlineSeconds, terminationGracePeriodSeconds } = spec;
  const errors: FieldError[] = [];
  if (
    activeDeadlineSeconds !== undefined &&
    (activeDeadlineSeconds < 1 || activeDeadlineSeconds > MAX_INT32)
  ) {
    const detail = `must be between 1 and ${MAX_INT32}, inclusive`;
    errors.push(invalid(`${field}.activeDeadlineSeconds`, activeDeadlineSeconds, detail));
  }
  if (terminationGracePeriodSeconds === undefined)
    errors.push(required(`${field}.terminationGracePeriodSeconds`));
  return errors;
}

function validateTolerations(field: string, tolerations: Toleration[]): FieldError[] {
  return tolerations.flatMap(({ key = '', operator = '', value = '', effect = '' }, index) => {
    const at = `${field}[${index}]`;
    const errors = key === '' ? [] : validateLabels(`${at}.key`, { [key]: '' });
    if (key === '' && operator !== 'Exists') {
      const detail =
        'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalid(`${at}.operator`, operator, detail));
    }
    if (operator === 'Exists' && value !== '') {
      errors.push(
        invalid(
          `${at}.operator`,
          `{${key} ${operator} ${value}}`,
          "value must be empty when `operator` is 'Exists'",
        ),
      );
    }
    if (!['', 'Equal', 'Exists'].includes(operator)) {
      errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    }
    if (effect !== '' && !TAINT_EFFECTS.includes(effect)) {
      errors.push(notSupported(`${at}.effect`, effect, TAINT_EFFECTS));
    }
    return errors;
  });
}

const UPDATABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A pod's images, deadline and tolerations may change; the rest of it is as it was made. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const spec = pod.spec ?? {};
  const oldSpec = old.spec ?? {};
  const errors = validateObjectMetaUpdate(pod.metadata ?? {}, old.metadata ?? {});
  if ((spec.containers?.length ?? 0) !== (oldSpec.containers?.length ?? 0)) {
    return [...errors, forbidden('spec.containers', 'pod updates may not add or remove containers')];
  }
  if ((spec.initContainers?.length ?? 0) !== (oldSpec.initContainers?.length ?? 0)) {
    return [...errors, forbidden('spec.initContainers', 'pod updates may not add or remove containers')];
  }
  errors.push(...validateDeadlineUpdate(spec, oldSpec), ...validateTolerationsUpdate(spec, oldSpec));
  const fixed = unchangeable(spec);
  const oldFixed = unchangeable(oldSpec);
  if (!jsonEqual(fixed, oldFixed))
    errors.push(forbidden('spec', `${UPDATABLE}\n${difference(oldFixed, fixed)}`));
  return [...errors, ...validatePodSpec('spec', spec)];
}

function validateDeadlineUpdate(spec: PodSpec, old: PodSpec): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  const { activeDeadlineSeconds: deadline } = spec;
  const { activeDeadlineSeconds: oldDeadline } = old;
  if (oldDeadline === undefined || deadline === oldDeadline) return [];
  if (deadline === undefined)
    return [invalid(field, NIL_POINTER, 'must not update from a positive integer to nil value')];
  if (deadline <= oldDeadline) return [];
  return [invalid(field, deadline, 'must be less than or equal to previous value')];
}

function validateTolerationsUpdate(spec: PodSpec, old: PodSpec): FieldError[] {
  const kept = (old.tolerations ?? []).every((toleration) =>
    spec.tolerations?.some((other) => jsonEqual(other, toleration)),
  );
  if (kept) return [];
  return [
    forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
  ];
}

/** A pod's spec without what an update may change. */
function unchangeable(spec: PodSpec): PodSpec {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  const withoutImage = ({ image: _image, ...container }: Container): Container => container;
  return {
    ...rest,
    ...(rest.containers ? { containers: rest.containers.map(withoutImage) } : {}),
    ...(rest.initContainers ? { initContainers: rest.initContainers.map(withoutImage) } : {}),
  };
}

/** Fields that differ, before and after, a line each. */
function difference(before: PodSpec, after: PodSpec): string {
  const old = new Map(Object.entries(before));
  const changed = new Map(Object.entries(after));
  const lines: string[] = [];
  for (const name of [...new Set([...old.keys(), ...changed.keys()])].sort()) {
    if (jsonEqual(old.get(name), changed.get(name))) continue;
    if (old.has(name)) lines.push(`-  ${name}: ${JSON.stringify(old.get(name))}`);
    if (changed.has(name)) lines.push(`+  ${name}: ${JSON.stringify(changed.get(name))}`);
  }
  return lines.join('\n');
}
