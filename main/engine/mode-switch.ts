/**
 * One write of the node in its mode, and the order of things that lets a mode change under traffic:
 * listeners open before rules lead to them, and close after the last rule that did has gone.
 */
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { Capabilities, Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { kernelSettings } from '../../app/proxy/kernel-settings.ts';
import type { ProxyNode } from '../../app/proxy/node.ts';
import { keepChains } from '../../app/ruleset/kept-chains.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { formatOrigin } from '../../app/ruleset/origin.ts';
import type { NodeCapabilities } from '../helper/node-protocol.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { ServedServicePort } from '../userspace/protocol.ts';
import { servicePortIdentity } from '../userspace/protocol.ts';
import { buildRulesets, nodeOf } from './build-rulesets.ts';
import type { ClusterParts } from './cluster-state.ts';
import { cleanConntrack } from './conntrack-cleanup.ts';
import type { FamilyState } from './family-state.ts';
import { HealthChecks } from './health-checks.ts';
import { MissingToolError } from './missing-tool-error.ts';
import { type FamilyRulesets, NodeWriter, type WriteResult } from './node-writer.ts';
import { servedServicePorts } from './served-service-ports.ts';
import type { SyncOutcome } from './sync-log.ts';

export interface ModeSwitchOptions {
  target: NodeTarget;
  writer: NodeWriter;
  capabilities: Capabilities;
  /** The node has the conntrack tool. */
  conntrack: boolean;
  configuration: ProxyConfiguration;
  log: (line: string) => void;
}

/** For a node with those tools. @throws MissingToolError without iptables, which all modes clean up with. */
export function openModeSwitch(
  options: Pick<ModeSwitchOptions, 'target' | 'configuration' | 'log'>,
  { iptables, ip6tables, nft, nfacct, conntrack }: NodeCapabilities,
): ModeSwitch {
  const { target } = options;
  if (!iptables.available) throw new MissingToolError(target.name, 'iptables', iptables.reason);
  const tools = { iptables: iptables.available, ip6tables: ip6tables.available, nft: nft.available };
  return new ModeSwitch({
    ...options,
    writer: new NodeWriter(target, tools),
    capabilities: { nfacct: nfacct.available },
    conntrack: conntrack.available,
  });
}

export interface WriteRequest extends ClusterParts {
  mode: ProxyMode;
  dialect: Dialect;
  /** Trust nothing remembered of the node. */
  full: boolean;
}

const HEALTHY_SYNC_PERIODS = 2;

export class ModeSwitch {
  readonly #options: ModeSwitchOptions;
  readonly #healthChecks: HealthChecks;
  /** What the userspace proxy serves now: rules may lead to all of it. */
  #served: ServedServicePort[] = [];
  /** Where it has listened: what clients sent there goes on being answered until they fall silent. */
  readonly #proxyPorts: Record<IPFamily, Set<number>> = { IPv4: new Set(), IPv6: new Set() };
  #preparedFor: string | undefined;
  /** What the node was last brought to. */
  #written: FamilyRulesets = {};

  constructor(options: ModeSwitchOptions) {
    this.#options = options;
    this.#healthChecks = new HealthChecks(
      options.target,
      HEALTHY_SYNC_PERIODS * options.configuration.iptables.syncPeriodMs,
    );
  }

  /** The rules as last written, one ruleset a family; chains that a write left as they were are the same objects. */
  get written(): readonly Ruleset[] {
    return Object.values(this.#written);
  }

  /** Brings the node to what should be. Rejects with the cause; the next write is then a full one. */
  async write(request: WriteRequest): Promise<SyncOutcome> {
    const { writer } = this.#options;
    const { mode } = request;
    if (request.full) writer.forget();
    for (const state of request.states) state.applyChanges();
    const warnings: string[] = [];
    const node = nodeOf({ ...request, configuration: this.#options.configuration });
    const isPrepared = this.#preparedFor === mode;
    if (!isPrepared) await this.#prepareNode(mode, node);
    const wanted = request.mode === 'userspace' ? this.#wantedServed(request.states) : [];
    const proxyPorts = await this.#openListeners(wanted, warnings);
    const rulesets = this.#buildRulesets(request, { node, proxyPorts }, warnings);
    const { inputs } = await this.#writeRules(rulesets);
    const { configuration } = this.#options;
    // Rules that somebody took away come first: settings are seldom changed, and traffic waits.
    if (request.full && isPrepared) await this.#prepareNode(mode, node);
    warnings.push(...(await this.#healthChecks.written({ ...request, configuration, node })));
    await this.#closeListeners(wanted);
    await this.#cleanConntrack(request, inputs.length > 0);
    return {
      rules: Object.values(rulesets).reduce((sum, ruleset) => sum + ruleCount(ruleset), 0),
      lines: inputs.reduce((sum, { text }) => sum + text.trimEnd().split('\n').length, 0),
      warnings: [...new Set(warnings)],
      written: inputs.map(({ family, tool }) => ({ family, kind: tool === 'nft' ? 'nftables' : 'iptables' })),
    };
  }

  /** Settings of the kernel and counters that rules of the mode refer to: once a mode, and at each full write. */
  async #prepareNode(mode: ProxyMode, node: ProxyNode): Promise<void> {
    const { target, capabilities, configuration } = this.#options;
    this.#preparedFor = undefined;
    for (const setting of kernelSettings(mode, configuration, node)) await target.verbs.writeSysctl(setting);
    if (mode === 'iptables' && capabilities.nfacct) {
      await target.verbs.createCounters({
        names: ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'],
      });
    }
    this.#preparedFor = mode;
  }

  #wantedServed(states: readonly FamilyState[]): ServedServicePort[] {
    return states.flatMap((state) => servedServicePorts(state));
  }

  async #serve(
    servicePorts: ServedServicePort[],
  ): Promise<Awaited<ReturnType<NodeTarget['userspace']['serve']>>> {
    const { target, configuration } = this.#options;
    const result = await target.userspace.serve({
      servicePorts,
      udpIdleTimeoutMs: configuration.udpIdleTimeoutMs,
      ...(configuration.portRange ? { portRange: { ...configuration.portRange } } : {}),
    });
    this.#served = servicePorts;
    return result;
  }

  /** Opens what is wanted beside what rules still lead to; gives the port of each Service port by family. */
  async #openListeners(
    wanted: ServedServicePort[],
    warnings: string[],
  ): Promise<Record<IPFamily, Map<string, number>>> {
    const proxyPorts = { IPv4: new Map<string, number>(), IPv6: new Map<string, number>() };
    if (wanted.length === 0) return proxyPorts;
    const wantedIds = new Set(wanted.map(servicePortIdentity));
    const stillLedTo = this.#served.filter((port) => !wantedIds.has(servicePortIdentity(port)));
    const { ports, failures } = await this.#serve([...wanted, ...stillLedTo]);
    for (const port of ports) {
      proxyPorts[port.family].set(`${port.key}:${port.protocol}`, port.proxyPort);
      this.#proxyPorts[port.family].add(port.proxyPort);
    }
    for (const failure of failures) {
      warnings.push(`${failure.key} is not served: ${failure.message}`);
      this.#options.log(`${failure.key} is not served: ${failure.message}`);
    }
    return proxyPorts;
  }

  /** Leaves what no rule leads to any more to drain. */
  async #closeListeners(wanted: ServedServicePort[]): Promise<void> {
    const wantedIds = new Set(wanted.map(servicePortIdentity));
    if (this.#served.every((port) => wantedIds.has(servicePortIdentity(port)))) return;
    await this.#serve(wanted);
  }

  async #writeRules(rulesets: FamilyRulesets): Promise<WriteResult> {
    try {
      const result = await this.#options.writer.write(rulesets);
      this.#written = rulesets;
      return result;
    } catch (error) {
      // Perhaps for want of what the rules refer to.
      this.#preparedFor = undefined;
      await this.#healthChecks.failed(performance.now());
      throw error;
    }
  }

  #buildRulesets(
    request: WriteRequest,
    { node, proxyPorts }: { node: ProxyNode; proxyPorts: Record<IPFamily, Map<string, number>> },
    warnings: string[],
  ): FamilyRulesets {
    const { capabilities, configuration } = this.#options;
    const { mode, dialect, states, serviceCIDRs } = request;
    const built = buildRulesets({
      mode, dialect, states, serviceCIDRs, node, proxyPorts, capabilities, configuration,
    }); // biome-ignore format: names alone
    const rulesets: FamilyRulesets = {};
    for (const ruleset of built) {
      rulesets[ruleset.family] = keepChains(ruleset, this.#written[ruleset.family]);
      for (const { origin, reason } of ruleset.omissions) warnings.push(`${formatOrigin(origin)}: ${reason}`);
    }
    return rulesets;
  }

  async #cleanConntrack(request: WriteRequest, wrote: boolean): Promise<void> {
    const { target, conntrack, log } = this.#options;
    for (const state of request.states) {
      if (!state.conntrackCleanupDue && !(request.full && wrote)) continue;
      if (conntrack) {
        try {
          await cleanConntrack({ target, state, proxyPorts: this.#proxyPorts[state.family] });
        } catch (error) {
          // The rules are right; flows that linger end when their clients fall silent.
          log(`stale UDP flows were not deleted: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      state.cleaned();
    }
  }
}

function ruleCount(ruleset: Ruleset): number {
  if (ruleset.kind === 'iptables') {
    return ruleset.tables.reduce(
      (sum, table) => sum + table.chains.reduce((rules, chain) => rules + chain.rules.length, 0),
      0,
    );
  }
  return ruleset.tables.reduce(
    (sum, table) =>
      sum +
      table.chains.reduce((rules, chain) => rules + chain.rules.length, 0) +
      [...table.sets, ...table.maps].reduce((elements, set) => elements + set.elements.length, 0),
    0,
  );
}
