/** Who else writes a node's rules, or may: two kube-proxies on one node undo each other's work. */
import type { Rival } from '../../../app/contract/attachment.ts';
import type { Pod } from '../../../app/kubernetes/objects.ts';
import { objectKey } from '../../../app/kubernetes/objects.ts';
import type { ClusterObjects } from '../../cluster/cluster-objects.ts';
import type { Engine } from '../../engine/engine.ts';
import type { NodeProxies } from '../../helper/attaching-verbs.ts';
import type { OpenTarget } from '../../targets/open-target.ts';

/** The tools that kube-proxies write with, as the kernel calls them; a person's own `iptables` is not among them. */
const WRITERS: ReadonlySet<string> = new Set(['iptables-restor', 'ip6tables-resto', 'nft', 'kube-proxy']);
/** A write may be a person's, or the last one of a kube-proxy that was just ended: it is told of for so long. */
const WRITER_TOLD_MS = 10_000;
/** Where nothing tells of a process that begins. */
const LOOK_AGAIN_MS = 10_000;

export interface RivalsOptions {
  readonly engine: Engine;
  readonly target: OpenTarget;
  readonly objects: ClusterObjects;
  readonly nodeName: string;
  /** Of the kubeconfig, for what is to be typed. */
  readonly context: string;
}

export class Rivals {
  readonly #options: RivalsOptions;
  readonly #listeners = new Set<() => void>();
  readonly #stops: (() => void)[];
  #onNode: NodeProxies = { processes: null, writers: [] };
  #written: { program: string; at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #told = '[]';
  #closed = false;

  constructor(options: RivalsOptions) {
    this.#options = options;
    this.#stops = [
      options.objects.watch<Pod>('pods', ({ object }) => {
        if (this.#isProxy(object)) this.#changed();
      }),
      options.engine.onNodeChange((program) => this.#nodeChanged(program)),
    ];
    this.#lookLater();
  }

  /** As was seen last. */
  get known(): Rival[] {
    return [...this.#pods(), ...this.#processes(), ...this.#labs(), ...this.#writers()];
  }

  /** Looks now. */
  async find(): Promise<Rival[]> {
    this.#onNode = await this.#options.target.attaching.findProxies({});
    this.#changed();
    return this.known;
  }

  /** Calls back when others are known than before. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    for (const stop of this.#stops.splice(0)) stop();
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.find()
        // A node that does not answer says so elsewhere.
        .catch(() => {})
        .finally(() => this.#lookLater());
    }, LOOK_AGAIN_MS);
  }

  #nodeChanged(program: string | undefined): void {
    if (program === undefined || !WRITERS.has(program)) return;
    this.#written = { program, at: Date.now() };
    this.#changed();
  }

  #changed(): void {
    const told = JSON.stringify(this.known);
    if (told === this.#told || this.#closed) return;
    this.#told = told;
    for (const listener of [...this.#listeners]) listener();
  }

  #pods(): Rival[] {
    return this.#options.objects
      .list<Pod>('pods')
      .filter((pod) => this.#isProxy(pod) && isRunning(pod))
      .map((pod) => {
        const [owner] = pod.metadata.ownerReferences ?? [];
        const namespace = pod.metadata.namespace ?? '';
        return {
          kind: 'pod',
          name: objectKey(pod),
          pid: null,
          owner: owner ? `${owner.kind} ${namespace}/${owner.name}` : null,
          remedy: owner?.kind === 'DaemonSet' ? this.#scaledAway(namespace, owner.name) : null,
          mayBeNone: false,
        };
      });
  }

  /** kubeadm, kind and minikube label it k8s-app, static pods of kops and RKE2 component. */
  #isProxy({ metadata, spec }: Pod): boolean {
    const { 'k8s-app': app, component } = metadata?.labels ?? {};
    return spec?.nodeName === this.#options.nodeName && (app === 'kube-proxy' || component === 'kube-proxy');
  }

  /** A DaemonSet has no replicas: a node selector that no node has takes its pods away. */
  #scaledAway(namespace: string, name: string): Rival['remedy'] {
    const { context } = this.#options;
    const kubectl = PLAIN.test(context) ? `kubectl --context ${context}` : 'kubectl';
    if (!PLAIN.test(namespace) || !PLAIN.test(name)) return null;
    const patch = (value: unknown): string =>
      `${kubectl} -n ${namespace} patch daemonset ${name} -p '${JSON.stringify({
        spec: { template: { spec: { nodeSelector: { 'kube-proxy-lab': value } } } },
      })}'`;
    return { away: patch('taken-over'), back: patch(null) };
  }

  #processes(): Rival[] {
    return (this.#onNode.processes ?? []).map(({ pid, program, embeds }) => ({
      kind: embeds ? 'embedded' : 'process',
      name: program,
      pid,
      owner: null,
      remedy: null,
      mayBeNone: embeds,
    }));
  }

  #labs(): Rival[] {
    return this.#onNode.writers.map((pid) => ({
      kind: 'lab',
      name: 'Kube Proxy Lab',
      pid,
      owner: null,
      remedy: null,
      mayBeNone: false,
    }));
  }

  #writers(): Rival[] {
    const written = this.#written;
    if (!written || Date.now() - written.at > WRITER_TOLD_MS) return [];
    return [{ kind: 'writer', name: written.program, pid: null, owner: null, remedy: null, mayBeNone: true }];
  }
}

/** What goes into a line for a shell: names are the cluster's text. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9_.@:/-]*$/;

function isRunning({ metadata, status }: Pod): boolean {
  const isReady = (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
  return isReady && metadata?.deletionTimestamp === undefined;
}
