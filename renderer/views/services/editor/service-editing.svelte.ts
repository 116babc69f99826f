/** A Service that is being edited: its draft, what is wrong with it, and the ways to the server. */
import type { Stored } from '../../../../app/contract/objects.ts';
import type { CheckOutcome, CreateOutcome, Owned, UpdateOutcome } from '../../../../app/contract/save.ts';
import { type JsonObject, jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { Service } from '../../../../app/kubernetes/objects.ts';
import type { EngineClient } from '../../../connection/engine-client.ts';
import { editsBetween, type FieldChange } from './difference.ts';
import {
  conflictOf,
  type Draft,
  editable,
  edited,
  isDirty,
  keepMine,
  mergeTheirs,
  reverted,
  saved,
  serverChanged,
  serverDeleted,
  takeTheirs,
  toSend,
  typed,
} from './draft.ts';
import { parseFieldPath, valueAt } from './field-path.ts';
import { atEntry, checkLocally, type FieldMessage, formFieldOf } from './local-check.ts';
import type { Edit } from './object-edit.ts';
import { rangeOf, type TextRange } from './yaml-text.ts';

export interface Problem extends FieldMessage {
  readonly severity: 'error' | 'warning';
  /** Who says so: the YAML parser, the API's rules as we know them, or the server itself. */
  readonly source: 'yaml' | 'rules' | 'server';
  readonly range: TextRange;
}

type ServicesClient = Pick<EngineClient['services'], 'check' | 'create' | 'update'>;

/** What came of a save. */
export type SaveResult =
  | {
      readonly outcome: 'saved';
      readonly object: Stored<Service>;
      readonly edits: Edit[];
      readonly warnings: string[];
      readonly created: boolean;
      /** What it was before; undefined where it is new. */
      readonly before: Stored<Service> | undefined;
    }
  | ({ readonly outcome: 'owned' } & Pick<Owned, 'fields'>)
  | { readonly outcome: 'kept'; readonly message: string };

/** Quiet time after which the server is asked, in milliseconds. */
const CHECK_AFTER_MS = 350;

interface ServerWords {
  /** Of which object; what has changed since makes them old. */
  readonly of: JsonObject;
  readonly problems: readonly FieldMessage[];
  readonly warnings: readonly string[];
  /** About the whole: a namespace that is not there, a name that is taken. */
  readonly refusal: string | undefined;
}

export class ServiceEditing {
  /** Unique among what is edited in this window. */
  readonly id: string;
  readonly #client: ServicesClient;
  #draft: Draft = $state.raw() as Draft;
  #server: ServerWords | undefined = $state.raw();
  #isSaving = $state(false);
  #isChecking = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #checks = 0;
  /** What the feed told while a save was under way: looked at when its answer is there. */
  #waiting: (() => void) | undefined;

  readonly local = $derived.by(() => checkLocally(this.#draft.object, this.#draft.base));
  readonly isDirty = $derived.by(() => isDirty(this.#draft));
  readonly conflict: readonly FieldChange[] = $derived.by(() => conflictOf(this.#draft));
  readonly problems: readonly Problem[] = $derived.by(() => this.#problems());
  readonly #byField = $derived.by(() => Map.groupBy(this.problems, ({ field }) => field));

  constructor(id: string, draft: Draft, client: ServicesClient) {
    this.id = id;
    this.#client = client;
    this.#draft = draft;
  }

  get draft(): Draft {
    return this.#draft;
  }

  get object(): JsonObject {
    return this.#draft.object;
  }

  get isNew(): boolean {
    return this.#draft.base === undefined;
  }

  get isSaving(): boolean {
    return this.#isSaving;
  }

  /** The server is being asked what it would say. */
  get isChecking(): boolean {
    return this.#isChecking;
  }

  get refusal(): string | undefined {
    return this.#current?.refusal;
  }

  get errors(): readonly Problem[] {
    return this.problems.filter(({ severity }) => severity === 'error');
  }

  /** What the object is called, as far as it is. */
  get name(): string {
    return String(valueAt(this.object, ['metadata', 'name']) ?? '');
  }

  get namespace(): string {
    return String(valueAt(this.object, ['metadata', 'namespace']) ?? '') || 'default';
  }

  /** A field's value, as the object has it. */
  value(field: string): unknown {
    return valueAt(this.object, parseFieldPath(field));
  }

  /** A field's value where the object does not say: the API's default. */
  fallback(field: string): unknown {
    return valueAt(this.local.defaulted as JsonObject | undefined, parseFieldPath(field));
  }

  /** What is wrong with exactly this field. */
  errorOf(field: string): string | undefined {
    const problems = this.#byField.get(field);
    return problems?.find(({ severity }) => severity === 'error')?.message;
  }

  type(text: string): void {
    this.#become(typed(this.#draft, text));
  }

  edit(...edits: Edit[]): void {
    this.#become(edited(this.#draft, ...edits));
  }

  /** Empty text takes the field away. */
  set(field: string, value: JsonObject[string] | undefined): void {
    const path = parseFieldPath(field);
    if (value === undefined || value === '') this.edit({ kind: 'remove', path });
    else this.edit({ kind: 'set', path, value });
  }

  revert(): Draft {
    const before = this.#draft;
    this.#become(reverted(before));
    return before;
  }

  /** Back to an earlier draft: the undo of `revert` and of decisions on conflicts. */
  become(draft: Draft): void {
    this.#become(draft);
  }

  keepMine(): void {
    this.#become(keepMine(this.#draft));
  }

  takeTheirs(): void {
    this.#become(takeTheirs(this.#draft));
  }

  merge(takesTheirs: (change: FieldChange) => boolean): void {
    this.#become(mergeTheirs(this.#draft, takesTheirs));
  }

  /** What the cluster has now; undefined where it is gone. */
  observe(stored: Stored<Service> | undefined): void {
    if (this.#isSaving) {
      this.#waiting = () => this.observe(stored);
      return;
    }
    if (this.isNew) return;
    if (stored === undefined) {
      if (!this.#draft.isGone) this.#draft = serverDeleted(this.#draft);
    } else if (this.#draft.theirs?.metadata.resourceVersion !== stored.metadata.resourceVersion) {
      this.#become(serverChanged(this.#draft, stored));
    }
  }

  /**
   * Saves what the text says. Refusals are the draft's problems afterwards; what fails otherwise is thrown.
   * @param force take over fields that others own
   */
  async save(force = false): Promise<SaveResult> {
    clearTimeout(this.#timer);
    const { base, object, isGone } = this.#draft;
    const sent = toSend(this.#draft);
    const isUpdate = base !== undefined && !isGone;
    this.#isSaving = true;
    try {
      const result = isUpdate
        ? await this.#client.update({ object: sent, force })
        : await this.#client.create({ object: sent });
      return this.#after(result, object);
    } finally {
      this.#isSaving = false;
      this.#waiting?.();
      this.#waiting = undefined;
    }
  }

  #after(result: CreateOutcome | UpdateOutcome, sent: JsonObject): SaveResult {
    if (result.outcome === 'saved') {
      const before = this.#draft.base;
      const edits = before ? editsBetween(editable(before), editable(result.object)) : [];
      this.#draft = saved(this.#draft, sent, result.object);
      this.#server = undefined;
      return { ...result, edits, created: before === undefined, before };
    }
    if (result.outcome === 'owned') return result;
    this.#hear(result, sent);
    return { outcome: 'kept', message: result.message };
  }

  #become(draft: Draft): void {
    if (draft === this.#draft) return;
    this.#draft = draft;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), CHECK_AFTER_MS);
  }

  /** Asks the server, without doing anything, once our own rules find nothing wrong. */
  async #check(): Promise<void> {
    const { object, base, isGone, theirs, parsed } = this.#draft;
    const isWhole = parsed.object !== undefined && this.local.problems.length === 0;
    if (!isWhole || !this.isDirty || this.#isSaving || theirs !== undefined) return;
    const number = ++this.#checks;
    this.#isChecking = true;
    try {
      const as = base !== undefined && !isGone ? 'update' : 'create';
      const outcome = await this.#client.check({ object: toSend(this.#draft), as });
      if (number === this.#checks) this.#hear(outcome, object);
    } catch {
      // A dry run that could not be asked for says nothing; the save will say what is wrong.
    } finally {
      if (number === this.#checks) this.#isChecking = false;
    }
  }

  #hear(outcome: CheckOutcome | CreateOutcome | UpdateOutcome, of: JsonObject): void {
    switch (outcome.outcome) {
      case 'invalid': {
        const problems = outcome.problems.map(({ field, message }) =>
          atEntry(of, { field: formFieldOf(field), message }),
        );
        // A refusal that names no field is about the whole.
        const refusal = problems.length === 0 ? outcome.message : undefined;
        this.#server = { of, problems, warnings: [], refusal };
        return;
      }
      case 'refused':
        this.#server = { of, problems: [], warnings: [], refusal: outcome.message };
        return;
      case 'conflict':
        this.#draft = serverChanged(this.#draft, outcome.current);
        return;
      case 'gone':
        this.#draft = serverDeleted(this.#draft);
        return;
      case 'owned':
        // Told when it is saved, with what can be done about it.
        return;
      default:
        this.#server = { of, problems: [], warnings: outcome.warnings, refusal: undefined };
    }
  }

  /** The server's words, as long as they are about what is there now. */
  get #current(): ServerWords | undefined {
    return this.#server && jsonEqual(this.#server.of, this.object) ? this.#server : undefined;
  }

  #problems(): Problem[] {
    const { parsed } = this.#draft;
    if (parsed.object === undefined) {
      return parsed.problems.map(({ from, to, message }) => ({
        field: '',
        message,
        severity: 'error',
        source: 'yaml',
        range: { from, to },
      }));
    }
    const placed = (
      { field, message }: FieldMessage,
      severity: Problem['severity'],
      source: Problem['source'],
    ): Problem => ({ field, message, severity, source, range: rangeOf(parsed, parseFieldPath(field)) });
    const ours = this.local.problems.map((problem) => placed(problem, 'error', 'rules'));
    const said = new Set(ours.map(({ field, message }) => `${field}\n${message}`));
    const theirs = (this.#current?.problems ?? [])
      .filter(({ field, message }) => !said.has(`${field}\n${message}`))
      .map((problem) => placed(problem, 'error', 'server'));
    const warnings = this.local.warnings.map((problem) => placed(problem, 'warning', 'rules'));
    return [...ours, ...theirs, ...warnings];
  }
}
