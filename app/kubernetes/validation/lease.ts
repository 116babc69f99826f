/** Leases (pkg/apis/coordination/validation). */
import type { KubernetesObject } from '../objects.ts';
import { validatePlainCreate, validatePlainUpdate } from './event.ts';
import { type FieldError, invalid } from './field-error.ts';

interface Lease extends KubernetesObject {
  spec?: { leaseDurationSeconds?: number; leaseTransitions?: number };
}

export function validateLeaseCreate(lease: Lease): FieldError[] {
  return [...validatePlainCreate(lease), ...validateSpec(lease)];
}

export function validateLeaseUpdate(lease: Lease, old: Lease): FieldError[] {
  return [...validatePlainUpdate(lease, old), ...validateSpec(lease)];
}

function validateSpec({
  spec: { leaseDurationSeconds: seconds, leaseTransitions: transitions } = {},
}: Lease): FieldError[] {
  const errors: FieldError[] = [];
  if (seconds !== undefined && seconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
  }
  if (transitions !== undefined && transitions < 0) {
    errors.push(invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  }
  return errors;
}
