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
  /** Ports of this computer that lead to Services. */
  'forwarders',
  /** The rules of a node, and everything else that is read of it. */
  'node',
  /** Writing the rules of a node, in a mode that is chosen. */
  'write',
]);
export type Ability = z.infer<typeof abilitySchema>;

/** Why not: it is the embedded lab's alone, no node is attached, or the node is only observed. */
export const unavailableReasonSchema = z.enum(['lab-only', 'no-node', 'observing']);
export type UnavailableReason = z.infer<typeof unavailableReasonSchema>;

/** As it was last asked; nobody is asked before a person wants to know. */
export const reachabilitySchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('unknown') }),
  z.object({ state: z.literal('checking') }),
  /** `version`: the server's, `v1.34.1`; empty where it does not say. */
  z.object({ state: z.literal('reachable'), version: z.string(), at: z.string() }),
  z.object({ state: z.literal('unreachable'), problem: connectionProblemSchema, at: z.string() }),
]);
export type Reachability = z.infer<typeof reachabilitySchema>;

/** A kubeconfig file that contexts are read from. */
export const kubeconfigFileSchema = z.object({
  path: z.string(),
  /** `listed`: in KUBECONFIG. `home`: ~/.kube/config. `added`: given to this program, kept in its data folder. */
  origin: z.enum(['listed', 'home', 'added']),
  missing: z.boolean(),
  /** Why it cannot be read, with the place; its contexts are then as they were last. */
  problem: z.string().nullable(),
  contexts: z.int(),
});
export type KubeconfigFile = z.infer<typeof kubeconfigFileSchema>;

export const clusterSchema = z.object({
  /** `lab`, or a name made of file and context, the same at every start. */
  id: z.string(),
  kind: clusterKindSchema,
  /** The context's name; empty for the lab. */
  name: z.string(),
  /** The kubeconfig file; null for the lab. */
  file: z.string().nullable(),
  server: z.string().nullable(),
  user: z.string().nullable(),
  /** The current context of its kubeconfig, which kubectl would use. */
  current: z.boolean(),
  /** The program that connecting runs for its credentials, with its arguments; null where it runs none. */
  runs: z.array(z.string()).nullable(),
  reachability: reachabilitySchema,
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
  files: z.array(kubeconfigFileSchema),
  chosen: chosenClusterSchema,
});
export type ClustersState = z.infer<typeof clustersStateSchema>;

/** What a person may do, as the cluster itself says (SelfSubjectAccessReview). */
export const permissionSchema = z.object({
  /** `services`, `pods/exec`; with the API's group where it has one: `deployments.apps`. */
  resource: z.string(),
  verb: z.string(),
  allowed: z.boolean(),
  /** Why not, in the cluster's words; mostly empty. */
  reason: z.string(),
});
export type Permission = z.infer<typeof permissionSchema>;

const idInput = z.object({ id: z.string().max(200) });

export const clustersContract = {
  /** Whole states, sent where they differ from the one before. */
  watch: procedure.output(feed(clustersStateSchema, z.never())),
  /** Makes it the cluster that everything is about, in every window. NOT_FOUND for one that is not listed. */
  choose: procedure.input(idInput).output(z.object({})),
  /** Asks whether they answer; without ids all that run no program for their credentials. */
  check: procedure
    .input(z.object({ ids: z.array(z.string().max(200)).max(1000).nullable() }))
    .output(z.object({})),
  /** Asks the chosen cluster anew, at once. */
  retry: procedure.output(z.object({})),
  /** Keeps a kubeconfig in the data folder, readable by its owner alone. REFUSED with the place for what is none. */
  addKubeconfig: procedure
    .input(z.object({ name: z.string().max(200), text: z.string().max(1024 * 1024) }))
    .output(z.object({ path: z.string(), clusters: z.array(z.string()) })),
  /** Removes a kubeconfig that was added; the others are not this program's. NOT_FOUND, REFUSED. */
  forgetKubeconfig: procedure.input(z.object({ path: z.string().max(4096) })).output(z.object({})),
  /** What may be done in a namespace of the chosen cluster. */
  permissions: procedure
    .input(z.object({ namespace: z.string().min(1).max(253) }))
    .output(z.array(permissionSchema)),
};
