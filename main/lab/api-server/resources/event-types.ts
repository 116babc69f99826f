import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';

interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  resourceVersion?: string;
  fieldPath?: string;
}

interface EventSource {
  component?: string;
  host?: string;
}

/** An event in the core group's form, which is the form they are stored in. */
export interface CoreEvent extends KubernetesObject {
  involvedObject?: ObjectReference;
  related?: ObjectReference;
  reason?: string;
  message?: string;
  type?: string;
  action?: string;
  source?: EventSource;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  count?: number;
  eventTime?: string | null;
  series?: { count: number; lastObservedTime: string };
  reportingComponent?: string;
  reportingInstance?: string;
}

/** The same event as `events.k8s.io/v1` shows it. */
export interface NewEvent extends KubernetesObject {
  regarding?: ObjectReference;
  related?: ObjectReference;
  reason?: string;
  note?: string;
  type?: string;
  action?: string;
  deprecatedSource?: EventSource;
  deprecatedFirstTimestamp?: string | null;
  deprecatedLastTimestamp?: string | null;
  deprecatedCount?: number;
  eventTime?: string | null;
  series?: { count: number; lastObservedTime: string };
  reportingController?: string;
  reportingInstance?: string;
}
