/** What a hand-out says, before it becomes Markdown or HTML: each Service, and its rules with their causes. */
import { objectKey, type Service } from '../kubernetes/objects.ts';
import { printRuleBody } from '../ruleset/iptables-print.ts';
import type { Ruleset, ServicePortName } from '../ruleset/model.ts';
import { printElement, printRuleText } from '../ruleset/nft-commands.ts';
import { formatOrigin, type Origin } from '../ruleset/origin.ts';
import type { ExportRequest } from './export-text.ts';
import { elementWords, iptablesWords, nftablesWords } from './rule-words.ts';
import { describeSubject } from './shell.ts';

export interface HandOut {
  readonly title: string;
  readonly introduction: readonly string[];
  readonly sections: readonly HandOutSection[];
}

export interface HandOutSection {
  /** `Service default/web`, or what the rules of no Service are. */
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What there is to say where there are no rules. */
  readonly note?: string;
  readonly rules: readonly HandOutRule[];
}

export interface HandOutRule {
  /** `IPv4 nat KUBE-SERVICES`. */
  readonly place: string;
  readonly text: string;
  readonly words: string;
  /** `spec.ports[0].nodePort of Service default/web`, or `kube-proxy itself`. */
  readonly because: string;
}

export function handOut(request: ExportRequest): HandOut {
  const byService = new Map<string, HandOutRule[]>();
  const shared: HandOutRule[] = [];
  for (const { rule, service } of request.rulesets.flatMap(rulesOf)) {
    if (service === undefined) {
      shared.push(rule);
      continue;
    }
    const key = `${service.namespace}/${service.name}`;
    const known = byService.get(key);
    if (known) known.push(rule);
    else byService.set(key, [rule]);
  }
  return {
    title: 'How Services become rules',
    introduction: [
      `What kube-proxy writes: ${describeSubject(request)}.`,
      'Each rule stands with what it does, and with the object and field that it is there for.',
    ],
    sections: [
      ...request.services.map((service) => serviceSection(service, byService.get(objectKey(service)) ?? [])),
      {
        title: 'What all Services share',
        facts: [],
        rules: shared,
      },
    ],
  };
}

function serviceSection(service: Service, rules: readonly HandOutRule[]): HandOutSection {
  return {
    title: `Service ${objectKey(service)}`,
    facts: facts(service),
    ...(rules.length === 0
      ? { note: 'It has no rules: kube-proxy has nothing to do for it in this mode.' }
      : {}),
    rules,
  };
}

function facts({ spec = {}, status }: Service): [name: string, value: string][] {
  const addresses = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  const ports = (spec.ports ?? []).map(({ name, port, nodePort, protocol = 'TCP', targetPort }) =>
    [
      ...(name ? [`${name}:`] : []),
      `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
      ...(targetPort === undefined ? [] : [`to ${targetPort}`]),
    ].join(' '),
  );
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
  const all: [string, string][] = [
    ['Type', spec.type ?? 'ClusterIP'],
    ['Cluster IP', addresses.join(', ')],
    ['Ports', ports.join(', ')],
    ['External IPs', (spec.externalIPs ?? []).join(', ')],
    ['Load balancer', ingress.join(', ')],
    ['Source ranges', (spec.loadBalancerSourceRanges ?? []).join(', ')],
    [
      'Selector',
      Object.entries(spec.selector ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(', '),
    ],
    ['Session affinity', spec.sessionAffinity === 'ClientIP' ? 'by client address' : ''],
    ['External traffic', spec.externalTrafficPolicy === 'Local' ? 'to endpoints on this node alone' : ''],
    ['Internal traffic', spec.internalTrafficPolicy === 'Local' ? 'to endpoints on this node alone' : ''],
    ['External name', spec.externalName ?? ''],
  ];
  return all.filter(([, value]) => value !== '');
}

interface PlacedRule {
  readonly rule: HandOutRule;
  readonly service: ServicePortName | undefined;
}

function rulesOf(ruleset: Ruleset): PlacedRule[] {
  const { family } = ruleset;
  const placed: PlacedRule[] = [];
  const add = (
    place: string,
    { origin, service }: { origin: Origin; service?: ServicePortName },
    said: { text: string; words: string },
  ): void => {
    placed.push({ rule: { place: `${family} ${place}`, ...said, because: cause(origin) }, service });
  };
  if (ruleset.kind === 'iptables') {
    for (const table of ruleset.tables) {
      for (const { name, rules } of table.chains) {
        for (const rule of rules) {
          add(`${table.name} ${name}`, rule, { text: printRuleBody(rule), words: iptablesWords(rule) });
        }
      }
    }
    return placed;
  }
  for (const table of ruleset.tables) {
    for (const set of [...table.sets, ...table.maps]) {
      const { name, elements } = set;
      for (const element of elements) {
        add(`${'valueType' in set ? 'map' : 'set'} ${name}`, element, {
          text: printElement(element),
          words: elementWords(name, element),
        });
      }
    }
    for (const { name, rules } of table.chains) {
      for (const rule of rules) {
        add(`chain ${name}`, rule, { text: printRuleText(rule), words: nftablesWords(rule) });
      }
    }
  }
  return placed;
}

function cause(origin: Origin): string {
  switch (origin.kind) {
    case 'kube-proxy':
      return 'kube-proxy itself, whatever the cluster holds';
    case 'unknown':
      return 'unknown';
    default:
      return formatOrigin(origin);
  }
}
