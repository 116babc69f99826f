/**
 * A Service while it is edited. The text is the truth; the object is what it said when it last said one.
 * Values that are replaced, never changed: each function gives the draft after something happened.
 */
import type { Stored } from '../../../../app/contract/objects.ts';
import { type JsonObject, jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { Service } from '../../../../app/kubernetes/objects.ts';
import { changesSince, editsBetween, type FieldChange, merged } from './difference.ts';
import type { Edit } from './object-edit.ts';
import { editText, editTextAll, textOf } from './yaml-edit.ts';
import { type ParsedText, parseText } from './yaml-text.ts';

export interface Draft {
  readonly parsed: ParsedText;
  /** What the form shows: of the text as it is, or (while that is broken) as it last was whole. */
  readonly object: JsonObject;
  /** What the server has, as far as this draft has taken it in; undefined for a Service not made yet. */
  readonly base: Stored<Service> | undefined;
  /** What a new draft began with: it is dirty when it says something else. */
  readonly initial: JsonObject;
  /** Somebody else's version that is still to be decided on. */
  readonly theirs: Stored<Service> | undefined;
  /** It was deleted meanwhile, by somebody else; to save it is to make it again. */
  readonly isGone: boolean;
}

/** Of metadata, what the server gives and no person edits. */
const SERVERS_OWN = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);

/** What of a stored object is edited: without its status, and what the server keeps for itself. */
export function editable(service: Service): JsonObject {
  const { apiVersion = 'v1', kind = 'Service', metadata = {}, spec = {} } = service;
  const own = Object.fromEntries(Object.entries(metadata).filter(([field]) => !SERVERS_OWN.has(field)));
  // What comes from the API is JSON; its types name only some of it.
  return { apiVersion, kind, metadata: own, spec } as unknown as JsonObject;
}

export function newDraft(text: string): Draft {
  const parsed = parseText(text);
  const object = parsed.object ?? {};
  return { parsed, object, base: undefined, initial: object, theirs: undefined, isGone: false };
}

export function openDraft(base: Stored<Service>): Draft {
  const object = editable(base);
  const parsed = parseText(textOf(object));
  return { parsed, object, base, initial: object, theirs: undefined, isGone: false };
}

/** Whether it says anything that the server has not; broken text counts as such. */
export function isDirty({ parsed, object, base, initial }: Draft): boolean {
  return parsed.object === undefined || !jsonEqual(object, base ? editable(base) : initial);
}

function withText(draft: Draft, parsed: ParsedText): Draft {
  return { ...draft, parsed, object: parsed.object ?? draft.object };
}

/** Somebody types in the text. */
export function typed(draft: Draft, text: string): Draft {
  return text === draft.parsed.text ? draft : withText(draft, parseText(text));
}

/** Somebody changes the form; nothing, while the text is broken. */
export function edited(draft: Draft, ...edits: Edit[]): Draft {
  return withText(draft, edits.reduce(editText, draft.parsed));
}

/**
 * The server has another version. A draft without changes follows; one with changes of its own keeps them,
 * and has something to decide on where the other version changes what is edited.
 */
export function serverChanged(draft: Draft, stored: Stored<Service>): Draft {
  if (draft.base?.metadata.resourceVersion === stored.metadata.resourceVersion) return draft;
  const theirs = editable(stored);
  const base = draft.base && editable(draft.base);
  const sameObject = draft.base?.metadata.uid === stored.metadata.uid;
  // Only its status has changed, or its numbering.
  if (sameObject && jsonEqual(base, theirs))
    return { ...draft, base: stored, theirs: undefined, isGone: false };
  if (draft.parsed.object !== undefined && jsonEqual(draft.object, theirs)) return settled(draft, stored);
  if (!isDirty(draft)) return settled(rewritten(draft, theirs), stored);
  return { ...draft, theirs: stored, isGone: false };
}

function settled(draft: Draft, base: Stored<Service>): Draft {
  return { ...draft, base, initial: editable(base), theirs: undefined, isGone: false };
}

/** The text made to say an object, by the fewest changes. */
function rewritten(draft: Draft, object: JsonObject): Draft {
  const parsed = draft.parsed.object === undefined ? parseText(textOf(draft.object)) : draft.parsed;
  return withText(draft, editTextAll(parsed, editsBetween(draft.object, object)));
}

/** It has been deleted. A draft without changes has nothing to keep; the view closes it. */
export function serverDeleted(draft: Draft): Draft {
  return { ...draft, isGone: true, theirs: undefined };
}

/**
 * What was sent is saved: what the server filled in is written into the text, what has been typed since
 * stays, comments too.
 */
export function saved(draft: Draft, sent: JsonObject, stored: Stored<Service>): Draft {
  const theirs = editable(stored);
  if (draft.parsed.object === undefined) return settled(draft, stored);
  const changes = changesSince({ base: sent, mine: draft.object, theirs });
  return settled(
    rewritten(
      draft,
      merged(draft.object, changes, () => false),
    ),
    stored,
  );
}

/** What each side changed since the version that the draft began with; empty where nothing is to be decided. */
export function conflictOf({ base, object, theirs }: Draft): FieldChange[] {
  if (base === undefined || theirs === undefined) return [];
  return changesSince({ base: editable(base), mine: object, theirs: editable(theirs) });
}

/** Mine, as the next save will have it: theirs is known, and written over. */
export function keepMine(draft: Draft): Draft {
  return draft.theirs === undefined ? draft : settled(draft, draft.theirs);
}

export function takeTheirs(draft: Draft): Draft {
  return draft.theirs === undefined ? draft : settled(rewritten(draft, editable(draft.theirs)), draft.theirs);
}

/** What only they changed beside what only I changed; `takesTheirs` decides on fields that both changed. */
export function mergeTheirs(draft: Draft, takesTheirs: (change: FieldChange) => boolean): Draft {
  if (draft.theirs === undefined) return draft;
  return settled(rewritten(draft, merged(draft.object, conflictOf(draft), takesTheirs)), draft.theirs);
}

/** Back to what the server has (or to what a new one began with). */
export function reverted(draft: Draft): Draft {
  const { base } = draft;
  return rewritten(draft, base ? editable(base) : draft.initial);
}

/** What a save sends: with the version it was read at, so that a change since then is told. */
export function toSend({ object, base, isGone }: Draft): JsonObject {
  const metadata = { ...(object['metadata'] as JsonObject | undefined) };
  if (base && !isGone) {
    metadata['uid'] = base.metadata.uid;
    metadata['resourceVersion'] = base.metadata.resourceVersion;
  }
  return { ...object, metadata };
}
