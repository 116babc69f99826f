/** Events of both groups, and objects that are little more than their data. */
import type { KubernetesObject } from '../objects.ts';
import { type FieldError, invalid } from './field-error.ts';
import { dnsSubdomainErrors } from './names.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

const METADATA = { namespaced: true, nameErrors: dnsSubdomainErrors };

interface Event extends KubernetesObject {
  involvedObject?: { namespace?: string };
  regarding?: { namespace?: string };
}

/** An event is kept in the namespace of what it is about; about cluster-wide objects, in `default`. */
export function validateEvent(event: Event): FieldError[] {
  const namespace = event.metadata?.namespace ?? '';
  const subject = event.involvedObject ?? event.regarding ?? {};
  const about = subject.namespace ?? '';
  const fits = about === '' ? namespace === 'default' || namespace === 'kube-system' : about === namespace;
  const errors = fits ? [] : [invalid('involvedObject.namespace', about, 'does not match event.namespace')];
  return [...validateObjectMeta(event.metadata ?? {}, METADATA), ...errors];
}

/** ConfigMaps, Secrets, ServiceAccounts: their metadata. */
export function validatePlainCreate(object: KubernetesObject): FieldError[] {
  return validateObjectMeta(object.metadata ?? {}, METADATA);
}

export function validatePlainUpdate(object: KubernetesObject, old: KubernetesObject): FieldError[] {
  return validateObjectMetaUpdate(object.metadata ?? {}, old.metadata ?? {});
}
