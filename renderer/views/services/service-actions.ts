/** What people do to a Service, and what they are told of it. */
import type { Stored } from '../../../app/contract/objects.ts';
import type { Template } from '../../../app/contract/services.ts';
import type { JsonObject } from '../../../app/kubernetes/json.ts';
import type { Service } from '../../../app/kubernetes/objects.ts';
import { visibleText } from '../../design/visible-text.ts';
import { t } from '../../i18n/messages.svelte.ts';
import { pathOf } from '../../session/router.svelte.ts';
import type { Session } from '../../session/session.svelte.ts';
import { editable } from './editor/draft.ts';
import { formatFieldPath } from './editor/field-path.ts';
import type { Edit } from './editor/object-edit.ts';
import type { ServiceDrafts } from './editor/service-drafts.svelte.ts';
import type { ServiceEditing } from './editor/service-editing.svelte.ts';
import { textOf } from './editor/yaml-edit.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** Changes that a toast lists; the others it counts. */
const listedChanges = 4;

export class ServiceActions {
  readonly #session: Session;
  readonly #drafts: ServiceDrafts;

  constructor(session: Session, drafts: ServiceDrafts) {
    this.#session = session;
    this.#drafts = drafts;
  }

  /** Saves; what is refused stays in the editor, at its fields. */
  async save(editing: ServiceEditing, force = false): Promise<void> {
    const { toasts, router } = this.#session;
    try {
      const result = await editing.save(force);
      if (result.outcome === 'kept') return;
      if (result.outcome === 'owned') return this.#askToTakeOver(editing, result.fields);
      const { metadata } = result.object;
      const namespace = metadata.namespace ?? 'default';
      const key = `${namespace}/${metadata.name}`;
      const detail = [
        ...(result.created ? [madeText(result.object)] : changesText(result.edits)),
        ...result.warnings,
      ];
      const title = t(result.created ? 'services:toast.created' : 'services:toast.saved', { name: key });
      const id = toasts.success(title, {
        ...(detail.length > 0 ? { detail: detail.join('\n') } : {}),
        ...(result.before && result.edits.length > 0
          ? this.#undo(() => id, result.before, result.object)
          : {}),
      });
      if (editing.id === key) return;
      this.#drafts.made(editing, key);
      const { tab } = router.query;
      router.go(pathOf('services', [namespace, metadata.name], tab ? { tab } : {}), { replace: true });
    } catch (error) {
      toasts.error(t('services:toast.notSaved'), { detail: messageOf(error) });
    }
  }

  /** Others own what the change is about: told who and what, and not done unless the person says so. */
  #askToTakeOver(editing: ServiceEditing, fields: readonly { field: string; managers: string[] }[]): void {
    const { toasts } = this.#session;
    const lines = fields.map(({ field, managers }) =>
      t('services:toast.ownedBy', { field: visibleText(field), managers: visibleText(managers.join(', ')) }),
    );
    const id = toasts.warning(t('services:toast.owned'), {
      detail: lines.join('\n'),
      action: {
        label: t('services:toast.takeOver'),
        run: () => {
          toasts.withdrawAction(id);
          return this.save(editing, true);
        },
      },
    });
  }

  /** Back to what it was before the save, unless somebody has changed it since. */
  #undo(
    toast: () => number,
    before: Stored<Service>,
    { metadata }: Stored<Service>,
  ): { action: { label: string; run: () => Promise<void> } } {
    const { toasts } = this.#session;
    const { client } = this.#drafts;
    const name = `${metadata.namespace ?? 'default'}/${metadata.name}`;
    const { resourceVersion } = metadata;
    const run = async (): Promise<void> => {
      toasts.withdrawAction(toast());
      try {
        const object = { ...before, metadata: { ...before.metadata, resourceVersion } } as never;
        const result = await client.services.update({ object });
        if (result.outcome === 'saved') toasts.success(t('services:toast.undone', { name }));
        else toasts.error(t('services:toast.notUndone', { name }), { detail: result.message });
      } catch (error) {
        toasts.error(t('services:toast.notUndone', { name }), { detail: messageOf(error) });
      }
    };
    return { action: { label: t('services:toast.undo'), run } };
  }

  /** Deletes it at once; the toast brings it back, with what was being edited of it. */
  async remove({ namespace, name }: Named): Promise<void> {
    const { toasts, router } = this.#session;
    const { client } = this.#drafts;
    const key = `${namespace}/${name}`;
    try {
      const { deleted } = await client.services.remove({ namespace, name });
      this.#drafts.forget(key);
      if (router.view === 'services' && router.segments.join('/') === key) router.go(pathOf('services'));
      const id = toasts.info(t('services:toast.deleted', { name: key }), {
        action: {
          label: t('services:toast.undo'),
          run: async () => {
            toasts.withdrawAction(id);
            await this.#restore(deleted, key);
          },
        },
      });
    } catch (error) {
      toasts.error(t('services:toast.notDeleted', { name: key }), { detail: messageOf(error) });
    }
  }

  async #restore(deleted: Stored<Service>, key: string): Promise<void> {
    const { toasts } = this.#session;
    const { client } = this.#drafts;
    try {
      const result = await client.services.restore({ object: deleted as never });
      if (result.outcome === 'saved') toasts.success(t('services:toast.restored', { name: key }));
      else toasts.error(t('services:toast.notRestored', { name: key }), { detail: result.message });
    } catch (error) {
      toasts.error(t('services:toast.notRestored', { name: key }), { detail: messageOf(error) });
    }
  }

  /** Back to what the server has; the toast brings the edits back. */
  discard(editing: ServiceEditing): void {
    const { toasts, router } = this.#session;
    if (editing.isNew) {
      this.#drafts.forget(editing.id);
      router.go(pathOf('services'));
      return;
    }
    const before = editing.revert();
    const id = toasts.info(t('services:toast.discarded', { name: editing.id }), {
      action: {
        label: t('services:toast.undo'),
        run: () => {
          toasts.withdrawAction(id);
          editing.become(before);
        },
      },
    });
  }

  /** A draft of another Service like this one: without the addresses and ports that only one can have. */
  duplicate(service: Stored<Service>): ServiceEditing {
    const { spec: stored, metadata } = service;
    const { clusterIP, clusterIPs: _ips, healthCheckNodePort: _health, ...spec } = stored ?? {};
    const isHeadless = clusterIP === 'None';
    const object = editable({
      ...service,
      metadata: {
        name: this.#freeName(metadata.name),
        namespace: metadata.namespace ?? 'default',
        ...(metadata.labels ? { labels: metadata.labels } : {}),
        ...withoutTraces(metadata.annotations),
      },
      spec: {
        ...spec,
        ...(isHeadless ? { clusterIP } : {}),
        ...(spec.ports ? { ports: spec.ports.map(({ nodePort: _nodePort, ...port }) => port) } : {}),
      },
    });
    return this.#drafts.create(textOf(object));
  }

  #freeName(name: string): string {
    const taken = new Set(this.#session.cluster?.services.map(({ metadata }) => metadata.name));
    let free = `${name}-copy`;
    for (let number = 2; taken.has(free); number++) free = `${name}-copy-${number}`;
    return free;
  }

  /** Makes a template's objects, all of them, as they are; then goes to its Service. */
  async applyTemplate(template: Template): Promise<boolean> {
    const { toasts, router } = this.#session;
    const { client } = this.#drafts;
    const namespace = 'default';
    try {
      const outcomes = await client.services.apply({ text: template.text, namespace });
      const failed = outcomes.flatMap(({ kind, name, result }) =>
        'message' in result ? [`${kind} ${name}: ${result.message}`] : [],
      );
      const made = outcomes.flatMap(({ kind, name, result }) =>
        result.outcome === 'created' ? [`${kind} ${name}`] : [],
      );
      if (failed.length > 0) toasts.error(t('services:toast.notApplied'), { detail: failed.join('\n') });
      else if (made.length === 0) toasts.info(t('services:toast.wasThere'));
      else toasts.success(t('services:toast.applied', { count: made.length }), { detail: made.join(', ') });
      const service = outcomes.find(({ kind }) => kind === 'Service');
      if (service && !('message' in service.result))
        router.go(pathOf('services', [service.namespace, service.name]));
      return failed.length === 0;
    } catch (error) {
      toasts.error(t('services:toast.notApplied'), { detail: messageOf(error) });
      return false;
    }
  }

  /** Does something to pods; says what went wrong. */
  async withPods(what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
    } catch (error) {
      this.#session.toasts.error(t('services:toast.podsFailed'), { detail: messageOf(error) });
    }
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What kubectl left behind is of the other object. */
function withoutTraces(annotations: Record<string, string> | undefined): {
  annotations?: Record<string, string>;
} {
  const kept = Object.entries(annotations ?? {}).filter(
    ([name]) =>
      name !== 'kubectl.kubernetes.io/last-applied-configuration' && name !== 'kube-proxy-lab.dev/proxy-port',
  );
  return kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {};
}

function madeText({ spec = {} }: Service): string {
  const nodePorts = (spec.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []);
  return [
    ...(spec.clusterIP ? [`${t('services:column.address')} ${spec.clusterIP}`] : []),
    ...(nodePorts.length > 0 ? [`${t('services:field.nodePort')} ${nodePorts.join(', ')}`] : []),
  ].join(', ');
}

/** `spec.ports[0].port = 3307`, a line each. */
function changesText(edits: readonly Edit[]): string[] {
  const lines = edits.slice(0, listedChanges).map((edit) => {
    const field = formatFieldPath(edit.path);
    if (edit.kind !== 'set') return t('services:toast.fieldGone', { field });
    return `${field} = ${shortValue(edit.value)}`;
  });
  const more = edits.length - lines.length;
  return more > 0 ? [...lines, t('services:toast.moreChanges', { count: more })] : lines;
}

function shortValue(value: JsonObject[string]): string {
  const text = visibleText(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
