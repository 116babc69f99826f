import { randomUUID } from 'node:crypto';
import type { ObjectMeta } from '../../../../app/kubernetes/objects.ts';
import { type ApiObject, type StoredObject, timestamp } from '../api-object.ts';
import { takeOverMeta } from '../resources/take-over.ts';
import { generateName } from './object-name.ts';

/** Gives a new object what the server alone decides (the real server's `rest.FillObjectMetaSystemFields`). */
export function fillNewMeta(object: ApiObject, namespace: string | undefined): void {
  const metadata: ObjectMeta = { ...object.metadata };
  if (!metadata.name && metadata.generateName) metadata.name = generateName(metadata.generateName);
  if (namespace) metadata.namespace = namespace;
  else delete metadata.namespace;
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp();
  delete metadata.resourceVersion;
  delete metadata.generation;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  object.metadata = metadata;
}

/** What the server alone writes; clients send it back as they please. */
const serverFields = ['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

/**
 * Keeps what an update cannot change and need not repeat (`rest.BeforeUpdate`). What it repeats wrongly is
 * left for validation to refuse.
 */
export function carryOverMeta(object: ApiObject, old: StoredObject): void {
  const { metadata } = object;
  metadata.uid ||= old.metadata.uid;
  // An update that names no version is one of whatever is there.
  metadata.resourceVersion = old.metadata.resourceVersion;
  metadata.creationTimestamp ||= old.metadata.creationTimestamp;
  if (old.metadata.namespace) metadata.namespace = old.metadata.namespace;
  else delete metadata.namespace;
  if (old.metadata.generateName !== undefined) metadata.generateName ??= old.metadata.generateName;
  for (const field of serverFields) takeOverMeta(object, old, field);
}
