/** Deployments, ReplicaSets and their Scale (pkg/apis/apps/validation). */
import { jsonEqual } from '../json.ts';
import type { IntOrString, KubernetesObject } from '../objects.ts';
import { matchesLabels, selectorFromObject } from '../selectors.ts';
import {
  type FieldError,
  forbidden,
  invalid,
  invalidEach,
  NIL_POINTER,
  notSupported,
  required,
  sortedMap,
} from './field-error.ts';
import {
  isEmptySelector,
  type LabelSelector,
  shownSelector,
  validateLabelSelector,
} from './label-selector.ts';
import { dnsSubdomainErrors, percentErrors } from './names.ts';
import { validateNonnegative, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { type PodTemplate, validatePodTemplate } from './pod.ts';

interface WorkloadSpec {
  replicas?: number;
  minReadySeconds?: number;
  selector?: LabelSelector | null;
  template?: PodTemplate;
}

interface DeploymentSpec extends WorkloadSpec {
  strategy?: { type?: string; rollingUpdate?: { maxSurge?: IntOrString; maxUnavailable?: IntOrString } };
  revisionHistoryLimit?: number;
  progressDeadlineSeconds?: number;
}

interface Deployment extends KubernetesObject {
  spec?: DeploymentSpec;
}

interface ReplicaSet extends KubernetesObject {
  spec?: WorkloadSpec;
}

const METADATA = { namespaced: true, nameErrors: dnsSubdomainErrors };
const STRATEGIES = ['Recreate', 'RollingUpdate'];

export function validateDeploymentCreate(deployment: Deployment): FieldError[] {
  return [
    ...validateObjectMeta(deployment.metadata ?? {}, METADATA),
    ...validateDeploymentSpec(deployment.spec ?? {}),
  ];
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): FieldError[] {
  return [
    ...validateObjectMetaUpdate(deployment.metadata ?? {}, old.metadata ?? {}),
    ...validateDeploymentSpec(deployment.spec ?? {}),
    ...validateSelectorUpdate(deployment, old),
  ];
}

export function validateReplicaSetCreate(replicaSet: ReplicaSet): FieldError[] {
  return [
    ...validateObjectMeta(replicaSet.metadata ?? {}, METADATA),
    ...validateReplicaSetSpec(replicaSet.spec ?? {}),
  ];
}

export function validateReplicaSetUpdate(replicaSet: ReplicaSet, old: ReplicaSet): FieldError[] {
  return [
    ...validateObjectMetaUpdate(replicaSet.metadata ?? {}, old.metadata ?? {}),
    ...validateReplicaSetSpec(replicaSet.spec ?? {}),
    ...validateSelectorUpdate(replicaSet, old),
  ];
}

export function validateScale(scale: KubernetesObject & { spec?: { replicas?: number } }): FieldError[] {
  return [
    ...validateObjectMeta(scale.metadata ?? {}, METADATA),
    ...validateNonnegative('spec.replicas', scale.spec?.replicas ?? 0),
  ];
}

function validateReplicaSetSpec(spec: WorkloadSpec): FieldError[] {
  return [
    ...validateNonnegative('spec.replicas', spec.replicas ?? 0),
    ...validateNonnegative('spec.minReadySeconds', spec.minReadySeconds ?? 0),
    ...validateSelector(spec, 'empty selector is invalid for deployment'),
    ...validateTemplate(spec),
  ];
}

function validateDeploymentSpec(spec: DeploymentSpec): FieldError[] {
  const { minReadySeconds = 0, revisionHistoryLimit = 0, progressDeadlineSeconds: deadline } = spec;
  const errors = [
    ...validateNonnegative('spec.replicas', spec.replicas ?? 0),
    ...validateSelector(spec, 'empty selector is invalid for deployment'),
    ...validateTemplate(spec),
    ...validateStrategy(spec),
    ...validateNonnegative('spec.minReadySeconds', minReadySeconds),
    ...validateNonnegative('spec.revisionHistoryLimit', revisionHistoryLimit),
  ];
  if (deadline === undefined) return errors;
  errors.push(...validateNonnegative('spec.progressDeadlineSeconds', deadline));
  if (deadline <= minReadySeconds) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

function validateSelector({ selector }: WorkloadSpec, emptyDetail: string): FieldError[] {
  const field = 'spec.selector';
  if (selector === undefined || selector === null) return [required(field)];
  const errors = validateLabelSelector(field, selector);
  if (isEmptySelector(selector)) errors.push(invalid(field, shownSelector(selector), emptyDetail));
  return errors;
}

function validateTemplate({ selector, template = {} }: WorkloadSpec): FieldError[] {
  const field = 'spec.template';
  const errors: FieldError[] = [];
  const labels = template.metadata?.labels ?? {};
  // Without a selector nothing matches; with an empty one everything does.
  const selected = selector ?? undefined;
  if (selected === undefined || !isEmptySelector(selected)) {
    const parsed = selected && selectorFromObject(selected);
    if (selected !== undefined && parsed === undefined)
      return [invalid('spec.selector', shownSelector(selected), 'invalid label selector')];
    if (parsed === undefined || !matchesLabels(parsed, labels)) {
      const detail = '`selector` does not match template `labels`';
      const shown = template.metadata?.labels === undefined ? null : sortedMap(labels);
      errors.push(invalid(`${field}.metadata.labels`, shown, detail));
    }
  }
  errors.push(...validatePodTemplate(field, template));
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always')
    errors.push(notSupported(`${field}.spec.restartPolicy`, restartPolicy, ['Always']));
  if (activeDeadlineSeconds !== undefined) {
    errors.push(
      forbidden(
        `${field}.spec.activeDeadlineSeconds`,
        'activeDeadlineSeconds in ReplicaSet is not Supported',
      ),
    );
  }
  return errors;
}

function validateStrategy({ strategy = {} }: DeploymentSpec): FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  const field = 'spec.strategy';
  if (type === 'Recreate') {
    if (rollingUpdate === undefined) return [];
    return [forbidden(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate') return [notSupported(`${field}.type`, type, STRATEGIES)];
  if (rollingUpdate === undefined) {
    return [required(`${field}.rollingUpdate`, 'this should be defaulted and never be nil')];
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  const unavailable = `${field}.rollingUpdate.maxUnavailable`;
  const errors = [
    ...validateIntOrPercent(unavailable, maxUnavailable),
    ...validateIntOrPercent(`${field}.rollingUpdate.maxSurge`, maxSurge),
  ];
  if (amount(maxUnavailable) === 0 && amount(maxSurge) === 0) {
    errors.push(invalid(unavailable, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  if (typeof maxUnavailable === 'string' && amount(maxUnavailable) > 100) {
    errors.push(invalid(unavailable, maxUnavailable, 'must not be greater than 100%'));
  }
  return errors;
}

function validateIntOrPercent(field: string, value: IntOrString): FieldError[] {
  if (typeof value === 'number') return validateNonnegative(field, value);
  return invalidEach(field, value, percentErrors(value));
}

/** The number in `25%` or `25`; 0 for text that is neither. */
function amount(value: IntOrString): number {
  if (typeof value === 'number') return value;
  return percentErrors(value).length > 0 ? 0 : Number(value.slice(0, -1));
}

function validateSelectorUpdate(workload: ReplicaSet, old: ReplicaSet): FieldError[] {
  const selector = workload.spec?.selector;
  if (jsonEqual(selector ?? null, old.spec?.selector ?? null)) return [];
  return [invalid('spec.selector', selector ? shownSelector(selector) : NIL_POINTER, 'field is immutable')];
}
