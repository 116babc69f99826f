/** What is in the cluster, live. */
import { z } from 'zod';
import { procedure } from './error.ts';
import { feed } from './feed.ts';
import {
  clusterEventSchema,
  deploymentSchema,
  endpointSliceSchema,
  nodeSchema,
  podSchema,
  serviceSchema,
} from './objects.ts';

/** Everything of all namespaces; lists are in the order of namespace and name. `managedFields` are left out. */
export const clusterStateSchema = z.object({
  services: z.array(serviceSchema),
  endpointSlices: z.array(endpointSliceSchema),
  pods: z.array(podSchema),
  deployments: z.array(deploymentSchema),
  nodes: z.array(nodeSchema),
  events: z.array(clusterEventSchema),
});
export type ClusterState = z.infer<typeof clusterStateSchema>;

/** The lists of the state, by the plural that the API has for them too (`endpointslices` in lower case there). */
export type ClusterResource = keyof ClusterState;

const put = <Resource extends string, Item extends z.ZodType>(
  resource: Resource,
  object: Item,
): z.ZodObject<{ type: z.ZodLiteral<'put'>; resource: z.ZodLiteral<Resource>; object: Item }> =>
  z.object({ type: z.literal('put'), resource: z.literal(resource), object });

/** An object is as it says now (made or changed), or has gone. Objects are known by their uid. */
export const clusterChangeSchema = z.union([
  put('services', serviceSchema),
  put('endpointSlices', endpointSliceSchema),
  put('pods', podSchema),
  put('deployments', deploymentSchema),
  put('nodes', nodeSchema),
  put('events', clusterEventSchema),
  z.object({
    type: z.literal('remove'),
    resource: z.enum(['services', 'endpointSlices', 'pods', 'deployments', 'nodes', 'events']),
    uid: z.string(),
  }),
]);
export type ClusterChange = z.infer<typeof clusterChangeSchema>;

export const clusterContract = {
  /** The cluster's objects, and every change to them: the interface's own, kubectl's and the controllers'. */
  watch: procedure.output(feed(clusterStateSchema, clusterChangeSchema)),
};
