/**
 * The options that requests carry beside objects (k8s.io/apimachinery/pkg/apis/meta/v1/validation and
 * meta/internalversion/validation).
 */
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from './field-error.ts';

const MANAGER_MAX_BYTES = 128;
const DRY_RUN = ['All'];
const FIELD_VALIDATION = ['', 'Ignore', 'Strict', 'Warn'];
const PROPAGATION = ['Foreground', 'Background', 'Orphan', 'nil'];
const EXACT = 'Exact';
const NOT_OLDER = 'NotOlderThan';
const MATCH = 'resourceVersionMatch';

/** Of a create or update. */
export interface WriteRequestOptions {
  dryRun: readonly string[];
  fieldManager: string;
  fieldValidation: string;
}

export function validateWriteOptions(options: WriteRequestOptions): FieldError[] {
  const { dryRun, fieldManager, fieldValidation } = options;
  const errors = [...validateManager('fieldManager', fieldManager), ...validateDryRun(dryRun)];
  if (!FIELD_VALIDATION.includes(fieldValidation))
    errors.push(notSupported('fieldValidation', fieldValidation, FIELD_VALIDATION));
  return errors;
}

/** Of a patch; `force` is undefined where the request does not say. */
export function validatePatchOptions(
  options: WriteRequestOptions & { force?: boolean },
  type: 'apply' | 'json' | 'merge' | 'strategic',
): FieldError[] {
  const errors: FieldError[] = [];
  if (type !== 'apply' && options.force !== undefined)
    errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  // Ownership is the point of server-side apply: it has no default manager.
  if (type === 'apply' && options.fieldManager === '')
    errors.push(required('fieldManager', 'is required for apply patch'));
  return [...errors, ...validateWriteOptions(options)];
}

export function validateDeleteOptions(options: {
  dryRun: readonly string[];
  propagationPolicy?: string;
  orphanDependents?: boolean;
}): FieldError[] {
  const { dryRun, propagationPolicy: policy, orphanDependents } = options;
  const errors: FieldError[] = [];
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'),
    );
  }
  if (policy !== undefined && !PROPAGATION.slice(0, -1).includes(policy))
    errors.push(notSupported('propagationPolicy', policy, PROPAGATION));
  return [...errors, ...validateDryRun(dryRun)];
}

/** Of a list or a watch; empty texts are options that were not given. */
export interface ListRequestOptions {
  resourceVersion: string;
  resourceVersionMatch: string;
  continueToken: string;
  sendInitialEvents?: boolean;
}

export function validateListOptions(options: ListRequestOptions): FieldError[] {
  const { resourceVersion, resourceVersionMatch: match, continueToken } = options;
  const errors: FieldError[] = [];
  if (match !== '') {
    if (resourceVersion === '')
      errors.push(forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
    if (continueToken !== '')
      errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
    if (match !== EXACT && match !== NOT_OLDER)
      errors.push(notSupported(MATCH, match, [EXACT, NOT_OLDER, '']));
    if (match === EXACT && resourceVersion === '0')
      errors.push(forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
  }
  if (options.sendInitialEvents !== undefined)
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

export function validateWatchOptions(options: ListRequestOptions): FieldError[] {
  const { resourceVersionMatch: match, continueToken, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== NOT_OLDER)
    errors.push(forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to ${NOT_OLDER}`));
  if (match === '') return errors;
  if (sendInitialEvents === undefined)
    errors.push(forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`));
  if (match !== NOT_OLDER) errors.push(notSupported(MATCH, match, [NOT_OLDER]));
  if (continueToken !== '') errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
  return errors;
}

/** The name under which a writer owns fields. */
export function validateManager(field: string, manager: string): FieldError[] {
  const long = new TextEncoder().encode(manager).length > MANAGER_MAX_BYTES;
  const errors = long ? [tooLong(field, MANAGER_MAX_BYTES)] : [];
  const encoder = new TextEncoder();
  let position = 0;
  for (const character of manager) {
    // Go's IsPrint: of all blanks, the space alone.
    if (character !== ' ' && /[\p{C}\p{Z}]/u.test(character)) {
      const detail = `invalid character ${codePoint(character)} (at position ${position})`;
      errors.push(invalid(field, manager, detail));
    }
    position += encoder.encode(character).length;
  }
  return errors;
}

/** Go's `%#U` of a character that cannot be printed. */
function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function validateDryRun(dryRun: readonly string[]): FieldError[] {
  return dryRun.every((value) => DRY_RUN.includes(value)) ? [] : [notSupported('dryRun', dryRun, DRY_RUN)];
}
