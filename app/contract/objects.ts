/** Kubernetes objects and their names, as they cross the border. */
import { z } from 'zod';
import type {
  EndpointSlice,
  KubernetesObject,
  Node,
  ObjectMeta,
  Pod,
  Service,
} from '../kubernetes/objects.ts';

/** An object of the lab's API: it has been through the server, so its identity is sure. */
export type Stored<T extends KubernetesObject> = T & {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string };
};

export interface Deployment extends KubernetesObject {
  spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> }; template?: Pod };
  status?: { replicas?: number; readyReplicas?: number; availableReplicas?: number };
}

/** An event of the API (core/v1), as `kubectl get events` shows it. */
export interface ClusterEvent extends KubernetesObject {
  involvedObject?: { kind?: string; namespace?: string; name?: string; uid?: string };
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** From the server, which has validated it: only that it is an object is looked at again. */
function stored<T extends KubernetesObject>(): z.ZodType<Stored<T>> {
  return z.custom<Stored<T>>(isObject, 'not an object');
}

export const serviceSchema = stored<Service>();
export const podSchema = stored<Pod>();
export const endpointSliceSchema = stored<EndpointSlice>();
export const deploymentSchema = stored<Deployment>();
export const nodeSchema = stored<Node>();
export const clusterEventSchema = stored<ClusterEvent>();

export type Draft = KubernetesObject & Record<string, unknown>;

/** An object on its way to the server, which decodes and validates it strictly. */
export const draftSchema: z.ZodType<Draft> = z.custom<Draft>(isObject, 'an object is expected');

/** Loose on purpose: which names are valid is the server's to say, in its own words. */
const nameSchema = z.string().min(1).max(253);

/** Names an object of a namespace. */
export const keySchema = z.object({ namespace: nameSchema, name: nameSchema });
export type ObjectName = z.infer<typeof keySchema>;
