/** The node of the chosen cluster whose rules are worked on: where it may be, and how it is worked on. */
import { z } from 'zod';
import { modePreviewSchema } from './engine.ts';
import { procedure } from './error.ts';
import { feed } from './feed.ts';
import { dialectSchema, proxyModeSchema } from './lab.ts';

/** `observe` never writes. `take-over`: this program is the node's kube-proxy. */
export const attachmentWaySchema = z.enum(['observe', 'take-over']);

export const placeKindSchema = z.enum(['host', 'netns', 'container', 'minikube']);
export type PlaceKind = z.infer<typeof placeKindSchema>;

/** A place that a node may be at. */
export const offeredPlaceSchema = z.object({
  /** `host`, `netns:NAME`, `container:RUNTIME/NAME`, `minikube:PROFILE`: what `attach` takes. */
  target: z.string(),
  kind: placeKindSchema,
  /** What the system calls it; empty for this host. */
  name: z.string(),
  /** Who made it, by its labels. */
  provider: z.enum(['kind', 'k3d', 'minikube']).nullable(),
  /** The Node that it is by its labels; null where nothing tells. */
  node: z.string().nullable(),
  /** The person is asked for the right first. */
  needsElevation: z.boolean(),
  /** Why it cannot be attached now. */
  problem: z.enum(['not-running', 'paused']).nullable(),
});
export type OfferedPlace = z.infer<typeof offeredPlaceSchema>;

export const placesStateSchema = z.object({
  /** Those that are this cluster's by their labels first. */
  places: z.array(offeredPlaceSchema),
  /** Kinds of which none can be offered, and why. */
  missing: z.array(
    z.object({
      kind: placeKindSchema,
      /** `failed`: what was said stands in `detail`. */
      reason: z.enum(['not-linux', 'not-installed', 'none', 'failed']),
      detail: z.string(),
    }),
  ),
});
export type PlacesState = z.infer<typeof placesStateSchema>;

/** Why a place may be another than the cluster's node. */
export const doubtSchema = z.object({
  /** `addresses`: it has none of the Node's. `machine`: another machine id. `unknown`: nothing could be compared. */
  code: z.enum(['addresses', 'machine', 'unknown']),
  /** Of the Node object. */
  expected: z.array(z.string()),
  /** Of the place. */
  found: z.array(z.string()),
});
export type Doubt = z.infer<typeof doubtSchema>;

/** Who else writes the node's rules, or may. */
export const rivalSchema = z.object({
  /**
   * `pod`: a kube-proxy of the cluster. `process`: one that runs on the node. `embedded`: a program that may have one in
   * it. `lab`: another Kube Proxy Lab. `writer`: a program that has just written kube-proxy's rules.
   */
  kind: z.enum(['pod', 'process', 'embedded', 'lab', 'writer']),
  /** The pod as `namespace/name`, or the program. */
  name: z.string(),
  pid: z.int().nullable(),
  /** What runs the pod: `DaemonSet kube-system/kube-proxy`. */
  owner: z.string().nullable(),
  /** What ends it, to be typed; and what brings it back. */
  remedy: z.object({ away: z.string(), back: z.string() }).nullable(),
  /** A person may know better, and take over all the same. */
  mayBeNone: z.boolean(),
});
export type Rival = z.infer<typeof rivalSchema>;

const problemSchema = z.object({
  code: z.enum([
    /** The person, or the system for them, said no. */
    'cancelled',
    /** Nobody could ask for the right. */
    'no-agent',
    'elevation-failed',
    'not-installed',
    'not-reachable',
    'no-permission',
    'gone',
    'not-running',
    'paused',
    /** A tool that the node needs is missing. */
    'missing-tool',
    /** What held the node for us has ended. */
    'lost',
    'other',
  ]),
  /** In the words of who said it. */
  detail: z.string(),
});
export type AttachmentProblem = z.infer<typeof problemSchema>;

const whichSchema = z.object({ target: z.string(), kind: placeKindSchema, node: z.string() });

export const attachmentStateSchema = z.discriminatedUnion('state', [
  /** The embedded lab's: its node is there as long as it is. */
  z.object({ state: z.literal('own') }),
  z.object({ state: z.literal('none') }),
  whichSchema.extend({
    state: z.literal('attaching'),
    /** `elevation`: the person is being asked by their system. `probe`: what the node can do. `list`: the cluster. */
    step: z.enum(['elevation', 'open', 'probe', 'list']),
  }),
  whichSchema.extend({
    state: z.literal('attached'),
    way: attachmentWaySchema,
    /** What is under way. */
    changing: z.enum(['take-over', 'hand-back', 'detach']).nullable(),
    /** Since when in this way, ISO 8601. */
    since: z.string(),
    /** With a right that the person gave. */
    elevated: z.boolean(),
    doubts: z.array(doubtSchema),
    /** Others who write, or may, as was seen last. */
    rivals: z.array(rivalSchema),
  }),
  whichSchema.extend({ state: z.literal('failed'), problem: problemSchema }),
]);
export type AttachmentState = z.infer<typeof attachmentStateSchema>;

export const takeOverPreviewSchema = z.object({
  /** From the rules that are on the node now. */
  change: modePreviewSchema,
  rivals: z.array(rivalSchema),
  doubts: z.array(doubtSchema),
});
export type TakeOverPreview = z.infer<typeof takeOverPreviewSchema>;

const modeInput = z.object({ mode: proxyModeSchema, dialect: dialectSchema });
const target = z.string().min(1).max(300);
const node = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'no name of a node');

export const attachmentContract = {
  watch: procedure.output(feed(attachmentStateSchema, z.never())),
  /** Looked for now and then while somebody watches. */
  watchPlaces: procedure.output(feed(placesStateSchema, z.never())),
  /**
   * Attaches a node to be observed; answers when it is, and the one before is not any more. REFUSED for a target that is
   * none, NOT_FOUND for a node that the cluster has not; what fails is in the state, too.
   */
  attach: procedure.input(z.object({ target, node })).output(z.object({})),
  /** Lets go of the node, handed back where it was taken over; gives up attaching; forgets a failure. */
  detach: procedure.output(z.object({})),
  /** What taking over would change on the node, and who is in the way; writes nothing. */
  previewTakeOver: procedure.input(modeInput).output(takeOverPreviewSchema),
  /**
   * Becomes the node's kube-proxy; answers when its rules are there. REFUSED while another writes, or may, or the place is
   * in doubt, unless the person knows better (`accept`), which nobody can of one that certainly writes.
   */
  takeOver: procedure.input(modeInput.extend({ accept: z.boolean().default(false) })).output(z.object({})),
  /** Brings back the rules that were there before, and observes. */
  handBack: procedure.output(z.object({})),
  /** The person says that the place is the node: the doubts are told no more. */
  trustPlace: procedure.output(z.object({})),
};
