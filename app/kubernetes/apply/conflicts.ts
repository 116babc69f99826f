/** Fields that an applied object would change and others own. */
import { type FieldPath, pathString } from './field-set.ts';
import type { ManagerId } from './managers.ts';

export interface Conflict {
  manager: ManagerId;
  path: FieldPath;
}

/** The Status of a conflicting apply: 409, with a cause for each field. */
export interface ConflictStatus {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure';
  message: string;
  reason: 'Conflict';
  details: { causes: { reason: 'FieldManagerConflict'; message: string; field: string }[] };
  code: 409;
}

/** Applying without force where others own a field with another value. */
export class ApplyConflictError extends Error {
  override readonly name = 'ApplyConflictError';
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super(conflictMessage(conflicts));
    this.conflicts = conflicts;
  }

  /** What an API server answers. */
  toStatus(): ConflictStatus {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: 'Conflict',
      details: {
        causes: this.conflicts.map(({ manager, path }) => ({
          reason: 'FieldManagerConflict',
          message: `conflict with ${shownManager(manager)}`,
          field: pathString(path),
        })),
      },
      code: 409,
    };
  }
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${shownManager(first.manager)}: ${pathString(first.path)}`;
  }
  const byManager = Map.groupBy(conflicts, ({ manager }) => shownManager(manager));
  const lines = [...byManager.keys()]
    .sort()
    .flatMap((manager) => [
      `conflicts with ${manager}:`,
      ...(byManager.get(manager) ?? []).map(({ path }) => `- ${pathString(path)}`),
    ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function shownManager({ manager, operation, apiVersion, subresource }: ManagerId): string {
  const name = JSON.stringify(manager);
  const named = subresource === '' ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === 'Update' ? `${named} using ${apiVersion}` : named;
}
