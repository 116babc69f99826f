/** The metadata of every object (k8s.io/apimachinery/pkg/api/validation, objectmeta.go). */
import { jsonEqual } from '../json.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../objects.ts';
import {
  type FieldError,
  forbidden,
  invalid,
  invalidEach,
  NIL_POINTER,
  required,
  tooLong,
} from './field-error.ts';
import { dnsLabelErrors, generateNameErrors, labelValueErrors, qualifiedNameErrors } from './names.ts';
import { validateManager } from './request-options.ts';

const IMMUTABLE = 'field is immutable';
const ANNOTATIONS_MAX_BYTES = 256 * 1024;
const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

export interface MetadataRules {
  namespaced: boolean;
  nameErrors: (name: string) => string[];
}

/** The metadata of a new object, its name generated. */
export function validateObjectMeta(
  metadata: ObjectMeta,
  { namespaced, nameErrors }: MetadataRules,
): FieldError[] {
  const { name = '', generateName = '', namespace = '', generation = 0 } = metadata;
  const errors: FieldError[] = [];
  if (generateName !== '') {
    errors.push(
      ...invalidEach('metadata.generateName', generateName, generateNameErrors(generateName, nameErrors)),
    );
  }
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...invalidEach('metadata.name', name, nameErrors(name)));
  if (!namespaced && namespace !== '')
    errors.push(forbidden('metadata.namespace', 'not allowed on this type'));
  if (namespaced && namespace === '') errors.push(required('metadata.namespace'));
  else if (namespaced)
    errors.push(...invalidEach('metadata.namespace', namespace, dnsLabelErrors(namespace)));
  errors.push(...validateNonnegative('metadata.generation', generation));
  return [...errors, ...validateCommon(metadata)];
}

/** The metadata of a changed object. */
export function validateObjectMetaUpdate(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) errors.push(...validateNoNewFinalizers(metadata, old));
  if ((metadata.resourceVersion ?? '') === '') {
    errors.push(invalid('metadata.resourceVersion', '', 'must be specified for an update'));
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid('metadata.generation', metadata.generation ?? 0, 'must not be decremented'));
  }
  errors.push(
    ...validateImmutable('metadata.name', metadata.name ?? '', old.name ?? ''),
    ...validateImmutable('metadata.namespace', metadata.namespace ?? '', old.namespace ?? ''),
    ...validateImmutable('metadata.uid', metadata.uid ?? '', old.uid ?? ''),
    ...validateImmutable('metadata.creationTimestamp', metadata.creationTimestamp, old.creationTimestamp),
    ...validateImmutable('metadata.deletionTimestamp', metadata.deletionTimestamp, old.deletionTimestamp),
    ...validateImmutable(
      'metadata.deletionGracePeriodSeconds',
      metadata.deletionGracePeriodSeconds,
      old.deletionGracePeriodSeconds,
    ),
  );
  return [...errors, ...validateCommon(metadata)];
}

/** A field that keeps the value it was created with. */
export function validateImmutable(field: string, value: unknown, old: unknown): FieldError[] {
  return jsonEqual(value ?? null, old ?? null) ? [] : [invalid(field, value ?? NIL_POINTER, IMMUTABLE)];
}

export function validateNonnegative(field: string, value: number): FieldError[] {
  return value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}

/** Labels, and selectors that are plain maps of labels. */
export function validateLabels(field: string, labels: Readonly<Record<string, string>>): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...invalidEach(field, key, qualifiedNameErrors(key)),
    ...invalidEach(field, value, labelValueErrors(value)),
  ]);
}

export function validateAnnotations(
  field: string,
  annotations: Readonly<Record<string, string>>,
): FieldError[] {
  const encoder = new TextEncoder();
  const bytes = Object.entries(annotations).reduce(
    (total, [key, value]) => total + encoder.encode(key).length + encoder.encode(value).length,
    0,
  );
  const errors = Object.keys(annotations).flatMap((key) =>
    invalidEach(field, key, qualifiedNameErrors(key.toLowerCase())),
  );
  if (bytes > ANNOTATIONS_MAX_BYTES) errors.push(tooLong(field, ANNOTATIONS_MAX_BYTES));
  return errors;
}

function validateCommon(metadata: ObjectMeta): FieldError[] {
  return [
    ...validateLabels('metadata.labels', metadata.labels ?? {}),
    ...validateAnnotations('metadata.annotations', metadata.annotations ?? {}),
    ...validateOwnerReferences(metadata.ownerReferences ?? []),
    ...validateFinalizers(metadata.finalizers ?? []),
    ...validateManagedFields(metadata.managedFields ?? []),
    ...(metadata.finalizers ?? []).flatMap((name, index) =>
      validateStandardFinalizer(`metadata.finalizers[${index}]`, name),
    ),
  ];
}

function validateOwnerReferences(references: OwnerReference[]): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    errors.push(...validateOwnerReference(field, reference));
    if (reference.controller !== true) continue;
    const owner = `${reference.kind}/${reference.name}`;
    if (controller === undefined) controller = owner;
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner}`;
      errors.push(invalid(field, references, detail));
    }
  }
  return errors;
}

function validateOwnerReference(field: string, reference: OwnerReference): FieldError[] {
  const { apiVersion, kind, name, uid } = reference;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const errors: FieldError[] = [];
  if (version === '') errors.push(invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
  if (kind === '') errors.push(invalid(`${field}.kind`, kind, 'must not be empty'));
  if (name === '') errors.push(invalid(`${field}.name`, name, 'must not be empty'));
  if (uid === '') errors.push(invalid(`${field}.uid`, uid, 'must not be empty'));
  if (apiVersion === 'v1' && kind === 'Event') {
    errors.push(invalid(field, reference, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

function validateFinalizers(finalizers: string[]): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = finalizers.flatMap((finalizer) =>
    invalidEach(field, finalizer, qualifiedNameErrors(finalizer)),
  );
  if (finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND)) {
    errors.push(invalid(field, finalizers, `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`));
  }
  return errors;
}

const STANDARD_FINALIZERS = new Set(['kubernetes', ORPHAN, FOREGROUND]);

/** A finalizer: a qualified name, with a domain unless it is one of Kubernetes' own. */
export function validateFinalizerName(field: string, finalizer: string): FieldError[] {
  const errors = invalidEach(field, finalizer, qualifiedNameErrors(finalizer));
  return [...errors, ...validateStandardFinalizer(field, finalizer)];
}

function validateStandardFinalizer(field: string, finalizer: string): FieldError[] {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) return [];
  return [invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

function validateNoNewFinalizers(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const added = (metadata.finalizers ?? [])
    .filter((finalizer) => !old.finalizers?.includes(finalizer))
    .sort();
  if (added.length === 0) return [];
  const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [forbidden('metadata.finalizers', detail)];
}

function validateManagedFields(entries: ManagedFieldsEntry[]): FieldError[] {
  return entries.flatMap((entry, index) => {
    const field = `metadata.managedFields[${index}]`;
    const errors: FieldError[] = [];
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(invalid(`${field}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'));
    }
    if ((entry.fieldsType ?? '') !== '' && entry.fieldsType !== 'FieldsV1') {
      errors.push(invalid(`${field}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'));
    }
    return [...errors, ...validateManager(`${field}.manager`, entry.manager ?? '')];
  });
}
