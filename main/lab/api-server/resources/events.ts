import type { ApiObject, StoredObject } from '../api-object.ts';
import { column, nameColumn, wideColumn } from '../tables/columns.ts';
import { ageOf } from '../tables/human-duration.ts';
import type { CoreEvent, NewEvent } from './event-types.ts';
import { allVerbs, type Resource, type Strategy, type Table } from './resource.ts';

/*
 * Events are one resource in two groups. They are stored as the core group writes them; the other form is
 * made of that when asked for.
 */

const strategy: Strategy = { allowUnconditionalUpdate: true, allowCreateOnUpdate: true };

const table: Table = {
  columns: [
    column('Last Seen', 'How long ago it happened last.'),
    column('Type', 'Normal or Warning.'),
    column('Reason', 'What happened, in one word.'),
    column('Object', 'What it happened to.'),
    wideColumn('Subobject', 'The part of the object that it happened to.'),
    wideColumn('Source', 'Who says so.'),
    column('Message', 'What happened, in a sentence.'),
    wideColumn('First Seen', 'How long ago it happened first.'),
    wideColumn('Count', 'How often it happened.'),
    { ...nameColumn, priority: 1 },
  ],
  row(object) {
    const event = object as CoreEvent;
    const first = event.firstTimestamp ? ageOf(event.firstTimestamp) : ageOf(event.eventTime);
    const last = event.lastTimestamp ? ageOf(event.lastTimestamp) : first;
    const { kind = '', name, fieldPath = '' } = event.involvedObject ?? {};
    return [
      event.series ? ageOf(event.series.lastObservedTime) : last,
      event.type ?? '',
      event.reason ?? '',
      name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase(),
      fieldPath,
      sourceOf(event),
      (event.message ?? '').trim(),
      first,
      event.series?.count ?? (event.count || 1),
      object.metadata.name,
    ];
  },
};

function sourceOf(event: CoreEvent): string {
  const component = event.source?.component || event.reportingComponent || '';
  const host = event.source?.host || event.reportingInstance || '';
  return host ? `${component}, ${host}` : component;
}

const names = {
  version: 'v1',
  resource: 'events',
  singular: 'event',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  verbs: allVerbs,
  strategy,
  table,
} as const;

export const coreEvents: Resource = { ...names, group: '' };

export const newEvents: Resource = {
  ...names,
  group: 'events.k8s.io',
  conversion: { storedAs: 'events', toStored, fromStored },
};

function toStored(object: ApiObject): ApiObject {
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, ...rest } = object as NewEvent &
    ApiObject;
  const { deprecatedLastTimestamp, deprecatedCount, reportingController, ...shared } = rest;
  return withoutUndefined({
    ...shared,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    count: deprecatedCount,
    reportingComponent: reportingController ?? '',
  });
}

function fromStored(object: StoredObject): StoredObject {
  const { involvedObject, message, source, firstTimestamp, ...rest } = object as CoreEvent & StoredObject;
  const { lastTimestamp, count, reportingComponent, ...shared } = rest;
  return withoutUndefined({
    ...shared,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject ?? {},
    note: message,
    deprecatedSource: source ?? {},
    deprecatedFirstTimestamp: firstTimestamp ?? null,
    deprecatedLastTimestamp: lastTimestamp ?? null,
    deprecatedCount: count,
    reportingController: reportingComponent,
  });
}

function withoutUndefined<T extends ApiObject>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
