import type { ResolvedTarget } from '../../../app/contract/lab.ts';
import type { TrafficPlan, TrafficRun, WaysToTarget } from '../../../app/contract/traffic.ts';
import { LiveFeed } from '../../connection/live-feed.svelte.ts';
import { t } from '../../i18n/messages.svelte.ts';
import type { Session } from '../../session/session.svelte.ts';
import { applyRunsChanges, type RunsChange, type RunsState } from './runs-state.ts';
import { likelyTarget } from './target-choices.ts';

const RESOLVE_AFTER_MS = 150;
const REMEMBERED = 'traffic.plan';

/** What is asked instead of the target's own address. */
export type AskedAddress = NonNullable<TrafficPlan['at']>;

export type Protocol = NonNullable<TrafficPlan['protocol']>;

/** The form of the Traffic view, and the runs. Made inside its component. */
export class TrafficPage {
  readonly #session: Session;
  readonly #runs: LiveFeed<RunsState, RunsChange>;
  from = $state('client');
  target = $state('');
  /** null: as the target's port has it. */
  protocol: Protocol | null = $state(null);
  requests: number | null = $state(200);
  concurrency: number | null = $state(10);
  keepAlive = $state(false);
  timeoutMs: number | null = $state(3000);
  /** What the target is now; undefined while that is not known. */
  resolved: ResolvedTarget | undefined = $state.raw();
  /** From where it can be asked; undefined while that is not known, and in the lab, whose places say it all. */
  ways: WaysToTarget | undefined = $state.raw();
  /** Why the target is none. */
  problem: string | undefined = $state();
  isStarting = $state(false);
  /** A plan that runs commands in a pod of somebody's, which the person is asked about first. */
  asking: TrafficPlan | undefined = $state.raw();
  selectedId: string | null = $state(null);
  /** The run beside which the selected one is shown. */
  comparedId: string | null = $state(null);

  /** Whether the cluster is the embedded lab, with places of its own. */
  readonly isLab: boolean;
  /** A way that a person chose, and the target that it is to. */
  #chosenWay: { target: string; at: AskedAddress } | undefined = $state.raw();
  #suggested = false;

  constructor(session: Session) {
    this.#session = session;
    // A page is one cluster's: another that is chosen has another page.
    this.isLab = session.clusters.chosenId === 'lab';
    this.from = this.isLab ? 'client' : 'here';
    this.#runs = new LiveFeed<RunsState, RunsChange>(session.connection, {
      subscribe: (signal) => session.client.traffic.watchRuns(undefined, { signal }),
      apply: applyRunsChanges,
    });
    this.#recall(session.remembered(this.#rememberedAs));
    $effect(() => this.#followAddress());
    $effect(() => this.#suggest());
    $effect(() => this.#resolve());
  }

  /** The latest first; undefined until they have been told. */
  get runs(): readonly TrafficRun[] | undefined {
    return this.#runs.state?.runs;
  }

  readonly selected: TrafficRun | undefined = $derived.by(
    () => this.runs?.find(({ id }) => id === this.selectedId) ?? this.runs?.[0],
  );
  readonly compared: TrafficRun | undefined = $derived.by(() =>
    this.comparedId === this.selected?.id ? undefined : this.runs?.find(({ id }) => id === this.comparedId),
  );

  /** A UDP port is asked by UDP, any other by HTTP unless something else is chosen. */
  readonly effectiveProtocol: Protocol = $derived.by(() => {
    if (this.resolved?.protocol === 'UDP') return 'udp';
    return this.protocol === 'udp' && this.resolved?.service ? 'http' : (this.protocol ?? 'http');
  });

  /** From this computer: the way that was chosen, else the first that leads there. undefined: the target's own address. */
  readonly at: AskedAddress | undefined = $derived.by(() => {
    if (this.isLab || this.from !== 'here') return undefined;
    if (this.#chosenWay?.target === this.target.trim()) return this.#chosenWay.at;
    const way = this.ways?.ways.find(
      ({ from, works, address }) => from === 'this computer' && works !== 'no' && address !== undefined,
    );
    return way?.address === undefined || way.port === undefined
      ? undefined
      : { address: way.address, port: way.port };
  });

  /** Whether this person may not run commands in the pod that requests would come from. */
  readonly isRefused: boolean = $derived.by(() => {
    const [kind, namespace = ''] = this.from.split('/');
    if (this.isLab || kind !== 'pod') return false;
    return this.#session.permissions.refuses('create', 'pods/exec', namespace);
  });

  readonly canStart: boolean = $derived(
    this.target.trim() !== '' &&
      this.problem === undefined &&
      !this.isRefused &&
      [this.requests, this.concurrency, this.timeoutMs].every((number) => number !== null),
  );

  /** Asks there from now on, until another target is chosen. */
  choose(at: AskedAddress): void {
    this.from = 'here';
    this.#chosenWay = { target: this.target.trim(), at };
  }

  async start(): Promise<void> {
    const { requests, concurrency, timeoutMs } = this;
    if (!this.canStart || requests === null || concurrency === null || timeoutMs === null) return;
    const plan: TrafficPlan = {
      from: this.from,
      target: this.target.trim(),
      ...(this.at ? { at: this.at } : {}),
      protocol: this.effectiveProtocol,
      requests,
      concurrency: Math.min(concurrency, requests),
      keepAlive: this.keepAlive && this.effectiveProtocol !== 'udp',
      timeoutMs,
    };
    const { at: _at, ...kept } = plan;
    this.#session.remember(this.#rememberedAs, { ...kept, protocol: this.protocol });
    await this.#run(plan);
  }

  /** The same plan once more; the target is found anew. */
  again({ plan }: TrafficRun): Promise<void> {
    const { agreed: _, ...asked } = plan;
    return this.#run(asked);
  }

  /** Puts a run's plan into the form. */
  edit({ plan, protocol }: TrafficRun): void {
    this.#recall({ ...plan, protocol });
  }

  async stop(run: TrafficRun): Promise<void> {
    await this.#told(this.#session.client.traffic.stop({ id: run.id }), t('traffic:stopFailed'));
  }

  async remove(run: TrafficRun): Promise<void> {
    const next = this.runs?.[(this.runs?.indexOf(run) ?? -1) + 1];
    await this.#told(this.#session.client.traffic.removeRun({ id: run.id }), t('traffic:removeFailed'));
    if (this.selectedId === run.id) this.selectedId = next?.id ?? null;
  }

  /** The person has agreed to commands in the pod. */
  async agree(): Promise<void> {
    const plan = this.asking;
    this.asking = undefined;
    if (plan) await this.#run({ ...plan, agreed: true });
  }

  async #run(plan: TrafficPlan): Promise<void> {
    if (!this.isLab && plan.from.startsWith('pod/') && !plan.agreed) {
      this.asking = plan;
      return;
    }
    this.isStarting = true;
    const run = await this.#told(this.#session.client.traffic.start(plan), t('traffic:startFailed'));
    this.isStarting = false;
    if (!run) return;
    this.selectedId = run.id;
    this.comparedId = null;
  }

  async #told<Result>(asked: Promise<Result>, failed: string): Promise<Result | undefined> {
    try {
      return await asked;
    } catch (error) {
      this.#session.toasts.error(failed, { detail: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }

  get #rememberedAs(): string {
    return this.isLab ? REMEMBERED : `${REMEMBERED}.${this.#session.clusters.chosenId}`;
  }

  #recall(plan: Record<string, unknown>): void {
    const { from, target, at, protocol, requests, concurrency, keepAlive, timeoutMs } = plan;
    if (typeof from === 'string') this.#comeFrom(from);
    if (typeof target === 'string') this.target = target;
    if (at && typeof target === 'string') this.#chosenWay = { target, at: at as AskedAddress };
    this.protocol = protocol === 'http' || protocol === 'tcp' || protocol === 'udp' ? protocol : null;
    if (typeof requests === 'number') this.requests = requests;
    if (typeof concurrency === 'number') this.concurrency = concurrency;
    if (typeof keepAlive === 'boolean') this.keepAlive = keepAlive;
    if (typeof timeoutMs === 'number') this.timeoutMs = timeoutMs;
  }

  /** Another view names what to send to: `#/traffic?target=mysql-service/nodePort&from=client`. */
  #followAddress(): void {
    const { view, query } = this.#session.router;
    if (view !== 'traffic') return;
    if (query['target'] !== undefined) this.target = query['target'];
    if (query['from'] !== undefined) this.#comeFrom(query['from']);
  }

  /** Outside and the node are places of the lab alone. */
  #comeFrom(place: string): void {
    this.from = !this.isLab && (place === 'client' || place === 'node') ? 'here' : place;
  }

  /** A form that nobody has filled yet can be sent as it stands. */
  #suggest(): void {
    const { cluster, engine } = this.#session;
    if (this.#suggested || !cluster || !engine) return;
    if (this.target === '') this.target = likelyTarget(cluster.services, engine.engine.node) ?? '';
    this.#suggested = this.target !== '';
  }

  /** Asks what the target is, a moment after it was typed, and again when a Service has changed. */
  #resolve(): (() => void) | undefined {
    const target = this.target.trim();
    void [this.#session.cluster?.services, this.#session.cluster?.endpointSlices];
    void [this.#session.engine?.engine.mode, this.#session.connection.generation];
    if (target === '') {
      this.resolved = undefined;
      this.problem = undefined;
      return undefined;
    }
    let gone = false;
    const timer = setTimeout(async () => {
      try {
        const resolved = await this.#session.client.traffic.resolve({ target });
        if (gone) return;
        this.resolved = resolved;
        this.problem = undefined;
        if (this.isLab) return;
        const ways = await this.#session.client.traffic.ways({ target });
        if (!gone) this.ways = ways;
      } catch (error) {
        if (gone) return;
        this.resolved = undefined;
        this.ways = undefined;
        this.problem = error instanceof Error ? error.message : String(error);
      }
    }, RESOLVE_AFTER_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }
}
