import { isNotFound } from '../api-server/api-error.ts';
import { keyOf } from '../api-server/api-object.ts';
import type { LabClient, Stored } from '../api-server/registry/lab-client.ts';
import { contentFinalizer, type Namespace } from '../api-server/resources/namespaces.ts';
import type { Resource } from '../api-server/resources/resource.ts';
import { type Controller, type ControllerContext, stopAll } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

/**
 * How long a namespace stands after its deletion before it is emptied, as in the real controller
 * (`namespaceDeletionGracePeriod`): long enough for a client to delete the objects of the same manifest itself.
 */
const namespaceGraceMilliseconds = 5000;

/**
 * Empties a namespace that is being deleted, and lets it go when nothing is left in it. Gives every other
 * namespace the ServiceAccount that its pods run as.
 */
export function startNamespaceController(
  context: ControllerContext,
  resources: readonly Resource[],
  graceMilliseconds: number = namespaceGraceMilliseconds,
): Controller {
  const { client } = context;
  const contents = resources.filter(({ namespaced, conversion }) => namespaced && !conversion);
  const queue = new WorkQueue({
    name: 'namespace controller',
    sync(name) {
      const namespace = client.get<Namespace>('namespaces', { name });
      if (!namespace) return;
      const left = graceLeft(namespace, graceMilliseconds);
      if (left > 0) queue.addAfter(name, left);
      else syncNamespace(client, namespace, contents);
    },
    log: context.log,
  });
  const stopNamespaces = client.watch<Namespace>('namespaces', ({ type, object }) => {
    if (type !== 'DELETED') queue.add(keyOf(object.metadata));
  });
  // What has gone may have been the last.
  const stopContents = contents.map(({ resource }) =>
    client.watch(resource, ({ type, object }) => {
      const { namespace } = object.metadata;
      if (type === 'DELETED' && namespace) queue.add(namespace);
    }),
  );
  return stopAll([stopNamespaces, ...stopContents, () => queue.stop()]);
}

/** 0 for a namespace that is not being deleted. */
function graceLeft({ metadata: { deletionTimestamp } }: Stored<Namespace>, grace: number): number {
  return deletionTimestamp === undefined ? 0 : Date.parse(deletionTimestamp) + grace - Date.now();
}

function syncNamespace(client: LabClient, namespace: Stored<Namespace>, contents: Resource[]): void {
  const { name } = namespace.metadata;
  if (namespace.metadata.deletionTimestamp === undefined) {
    provideServiceAccount(client, name);
    return;
  }
  if (!namespace.spec?.finalizers?.includes(contentFinalizer)) return;
  let left = 0;
  for (const { resource } of contents) left += empty(client, resource, name);
  if (left === 0) finalize(client, namespace);
}

/** Deletes all there is; answers with how many objects are still being ended. */
function empty(client: LabClient, resource: string, namespace: string): number {
  for (const { metadata } of client.list(resource, { namespace })) {
    if (metadata.deletionTimestamp !== undefined) continue;
    try {
      client.delete(resource, metadata, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return client.list(resource, { namespace }).length;
}

function finalize(client: LabClient, namespace: Stored<Namespace>): void {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((item) => item !== contentFinalizer);
  client.update<Namespace>('namespaces', { ...namespace, spec: { finalizers } }, 'finalize');
}

function provideServiceAccount(client: LabClient, namespace: string): void {
  const key = { namespace, name: 'default' };
  if (!client.get('serviceaccounts', key)) client.create('serviceaccounts', { metadata: key });
}
