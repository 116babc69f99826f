/** LabelSelector objects, as Deployments and ReplicaSets hold them (k8s.io/apimachinery/pkg/apis/meta/v1/validation). */
import { type FieldError, forbidden, invalid, invalidEach, required, sortedMap } from './field-error.ts';
import { labelValueErrors, qualifiedNameErrors } from './names.ts';
import { validateLabels } from './object-meta.ts';

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export function validateLabelSelector(field: string, selector: LabelSelector): FieldError[] {
  const errors = validateLabels(`${field}.matchLabels`, selector.matchLabels ?? {});
  for (const [index, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${index}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) {
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        errors.push(
          forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      }
    } else errors.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    errors.push(...invalidEach(`${at}.key`, key, qualifiedNameErrors(key)));
    errors.push(
      ...values.flatMap((value, position) =>
        invalidEach(`${at}.values[${position}]`, value, labelValueErrors(value)),
      ),
    );
  }
  return errors;
}

/** Whether a selector asks for nothing, and so selects everything. */
export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

/** A selector in the order in which the API shows one. */
export function shownSelector({ matchLabels, matchExpressions }: LabelSelector): LabelSelector {
  return {
    ...(matchLabels === undefined ? {} : { matchLabels: sortedMap(matchLabels) }),
    ...(matchExpressions === undefined ? {} : { matchExpressions }),
  };
}
