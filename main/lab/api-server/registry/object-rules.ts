import { ApplyConflictError, type ConflictStatus } from '../../../../app/kubernetes/apply/conflicts.ts';
import { applyObject, updateManagedFields } from '../../../../app/kubernetes/apply/field-manager.ts';
import { TypedError } from '../../../../app/kubernetes/apply/typed-value.ts';
import { applyDefaults } from '../../../../app/kubernetes/defaults/defaults.ts';
import type { JsonObject } from '../../../../app/kubernetes/json.ts';
import { jsonPatch } from '../../../../app/kubernetes/patch/json-patch.ts';
import { mergePatch } from '../../../../app/kubernetes/patch/merge-patch.ts';
import { PatchError } from '../../../../app/kubernetes/patch/patch-error.ts';
import { strategicMergePatch } from '../../../../app/kubernetes/patch/strategic-merge-patch.ts';
import { strictDecode } from '../../../../app/kubernetes/schema/decode.ts';
import type { GroupVersionKind } from '../../../../app/kubernetes/schema/kinds.ts';
import { schemaFor } from '../../../../app/kubernetes/schema/schema.ts';
import type { InvalidStatus } from '../../../../app/kubernetes/validation/field-error.ts';
import {
  type FieldError,
  formatInvalid,
  validateCreate,
  validateStatusUpdate,
  validateUpdate,
} from '../../../../app/kubernetes/validation/validate.ts';
import { ApiError, badRequest } from '../api-error.ts';
import { type ApiObject, timestamp } from '../api-object.ts';
import { gvkOf, type JsonPatchType, type ObjectRules } from './registry-context.ts';

/** The API's rules out of the shared Kubernetes library, with refusals as a client gets them. */
export const objectRules: ObjectRules = {
  decode(gvk, json) {
    const { object, unknownFields } = strictDecode(gvk, json);
    return { object: applyDefaults(gvk, object) as unknown as ApiObject, unknownFields };
  },

  validateCreate(resource, object) {
    refuse(gvkOf(resource), object.metadata.name ?? '', validateCreate(gvkOf(resource), object));
  },

  validateUpdate({ resource, object, old, subresource }) {
    // A binding changes what no client may: where the pod runs.
    if (subresource === 'binding') return;
    const gvk = gvkOf(resource);
    const errors =
      subresource === 'status' ? validateStatusUpdate(gvk, object, old) : validateUpdate(gvk, object, old);
    refuse(gvk, object.metadata.name ?? '', errors);
  },

  invalid,

  trackFields({ resource, object, old, manager, subresource = '' }) {
    const tracked = updateManagedFields({
      gvk: gvkOf(resource),
      object: object as unknown as JsonObject,
      ...(old && { live: old as unknown as JsonObject }),
      manager,
      subresource,
      time: timestamp(),
    });
    return tracked as unknown as ApiObject;
  },

  patch({ gvk, type, current, patch }) {
    try {
      return applyPatch(gvk, type, { current, patch });
    } catch (error) {
      if (error instanceof PatchError) throw patchRefusal(error);
      throw error;
    }
  },

  apply({ resource, live, configuration, manager, force, subresource = '' }) {
    try {
      return applyObject({
        gvk: gvkOf(resource),
        ...(live && { live: live as unknown as JsonObject }),
        applied: configuration,
        manager,
        force,
        subresource,
        time: timestamp(),
      });
    } catch (error) {
      if (error instanceof ApplyConflictError) throw refusal(error.toStatus());
      // The real server has no better reason for it either.
      if (error instanceof TypedError) throw new ApiError(500, '', error.message);
      throw error;
    }
  },
};

function invalid(
  kind: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): ApiError {
  return refusal(formatInvalid(kind, name, errors));
}

function refusal({ code, reason, message, details }: InvalidStatus | ConflictStatus): ApiError {
  return new ApiError(code, reason, message, details);
}

function refuse(kind: GroupVersionKind, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(kind, name, errors);
}

function applyPatch(
  gvk: GroupVersionKind,
  type: JsonPatchType,
  { current, patch }: { current: JsonObject; patch: unknown },
): JsonObject {
  switch (type) {
    case 'json':
      return jsonPatch(current, patch);
    case 'merge':
      return mergePatch(current, patch);
    case 'strategic': {
      const schema = schemaFor(gvk);
      if (!schema) throw badRequest(`${gvk.kind} has no strategic merge patches`);
      return strategicMergePatch(schema, current, patch);
    }
  }
}

function patchRefusal(error: PatchError): ApiError {
  switch (error.code) {
    case 400:
      return badRequest(error.message);
    case 422:
      return new ApiError(
        422,
        'Invalid',
        'the server rejected our request due to an error in our request',
        {},
      );
    default:
      return new ApiError(500, '', error.message);
  }
}
