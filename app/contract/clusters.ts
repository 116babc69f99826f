/** The clusters there are, the one that is chosen, and what can be done with it. */
import { z } from 'zod';
import { connectionProblemSchema } from './connection-problem.ts';
import { procedure } from './error.ts';
import { feed } from './feed.ts';

/** `lab`: the embedded one. */
export const clusterKindSchema = z.enum(['lab', 'kind', 'minikube', 'k3d', 'other']);
export type ClusterKind = z.infer<typeof clusterKindSchema>;

export const watchedResourceStateSchema = z.object({
  /** `lost`: as it was last. `forbidden`: this person may not see the kind. `absent`: the server does not serve it. */
  state: z.enum(['connecting', 'live', 'lost', 'forbidden', 'absent']),
  reason: z.string().nullable(),
});
export type WatchedResourceState = z.infer<typeof watchedResourceStateSchema>;

/** How the connection to the chosen cluster fares. */
export const clusterConnectionStateSchema = z.object({
  /** `lost`: what is shown is as it was last. */
  state: z.enum(['connecting', 'live', 'lost']),
  problem: connectionProblemSchema.nullable(),
  /** By the API's plural: `services`, `endpointslices`… */
  resources: z.record(z.string(), watchedResourceStateSchema),
});
export type ClusterConnectionState = z.infer<typeof clusterConnectionStateSchema>;

/** Things that some clusters cannot do. */
export const abilitySchema = z.enum([
  /** Making and troubling the pods behind a Service. */
  'pods',
  /** The lab's own load balancer. */
  'loadBalancer',
  'traffic',
  /** The rules of a node, and everything else that is read of it. */
  'node',
  /** Writing the rules of a node, in a mode that is chosen. */
  'write',
]);
export type Ability = z.infer<typeof abilitySchema>;

/** Why not: it is the embedded lab's alone, no node is attached, or the node is only observed. */
export const unavailableReasonSchema = z.enum(['lab-only', 'no-node', 'observing']);
export type UnavailableReason = z.infer<typeof unavailableReasonSchema>;

export const clusterSchema = z.object({
  /** `lab`, or a name made of file and context, the same at every start. */
  id: z.string(),
  kind: clusterKindSchema,
  /** The context's name; empty for the lab. */
  name: z.string(),
});
export type Cluster = z.infer<typeof clusterSchema>;

export const chosenClusterSchema = z.object({
  id: z.string(),
  connection: clusterConnectionStateSchema,
  /** What this cluster cannot do, and why; what is not named it can. */
  unavailable: z.partialRecord(abilitySchema, unavailableReasonSchema),
});
export type ChosenCluster = z.infer<typeof chosenClusterSchema>;

export const clustersStateSchema = z.object({
  /** The lab first. */
  clusters: z.array(clusterSchema),
  chosen: chosenClusterSchema,
});
export type ClustersState = z.infer<typeof clustersStateSchema>;

const idInput = z.object({ id: z.string().max(200) });

export const clustersContract = {
  /** Whole states, sent where they differ from the one before. */
  watch: procedure.output(feed(clustersStateSchema, z.never())),
  /** Makes it the cluster that everything is about, in every window. NOT_FOUND for one that is not listed. */
  choose: procedure.input(idInput).output(z.object({})),
};
