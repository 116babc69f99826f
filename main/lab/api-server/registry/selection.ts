import {
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from '../../../../app/kubernetes/selectors.ts';
import { badRequest } from '../api-error.ts';
import type { StoredObject } from '../api-object.ts';
import type { Resource } from '../resources/resource.ts';
import { gvkOf } from './registry-context.ts';

/** Which objects a request is about, beside their namespace. */
export interface Selection {
  matches(object: StoredObject): boolean;
  /** Whether nothing is left out: counts of what remains are told only then. */
  all: boolean;
}

export const everything: Selection = { matches: () => true, all: true };

/**
 * The objects that a label selector and a field selector choose, and of those the one of a name.
 * @throws ApiError (400)
 */
export function parseSelection(
  resource: Resource,
  { labels, fields, name }: { labels?: string | null; fields?: string | null; name?: string | undefined },
): Selection {
  if (!labels && !fields && name === undefined) return everything;
  try {
    const labelTerms = parseLabelSelector(labels ?? '');
    const fieldTerms = parseFieldSelector(gvkOf(resource), fields ?? '');
    return {
      all: false,
      matches: (object) =>
        (name === undefined || object.metadata.name === name) &&
        matchesLabels(labelTerms, object.metadata.labels) &&
        matchesFields(fieldTerms, object),
    };
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}
