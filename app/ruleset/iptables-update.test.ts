import { describe, expect, test } from 'vitest';
import { diffIptables, formatDifference } from './diff.ts';
import { parseIptablesSave } from './iptables-parse.ts';
import { updateIptables } from './iptables-update.ts';
import type { IptablesRuleset } from './model.ts';

/** A nat table from lines; chains are declared by being named, `CHAIN:` declares an empty one. */
function nat(...lines: string[]): IptablesRuleset {
  const names = lines.map((line) => /^(?:-A )?([^\s:]+)/.exec(line)?.[1] ?? '');
  const builtIn = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'];
  const jumpTargets = lines.flatMap((line) => /-j ((?:KUBE|MY)-\S+)$/.exec(line)?.[1] ?? []);
  const declared = [...new Set([...builtIn, ...names, ...jumpTargets])];
  const head = declared.map((name) => `:${name} ${builtIn.includes(name) ? 'ACCEPT' : '-'} [0:0]`);
  return parseIptablesSave(
    `*nat\n${[...head, ...lines.filter((line) => line.startsWith('-A'))].join('\n')}\nCOMMIT\n`,
    'IPv4',
  );
}

const NONE: IptablesRuleset = { kind: 'iptables', family: 'IPv4', tables: [], omissions: [] };

const NOTE =
  '-A KUBE-SERVICES -m comment --comment "NOTE: this must be the last rule in this chain" -j KUBE-NODEPORTS';
const SVC = 'KUBE-SVC-AAAAAAAAAAAAAAAA';
const SEP = 'KUBE-SEP-BBBBBBBBBBBBBBBB';

/** KUBE-SERVICES with one rule per number, and the last one. */
function services(...numbers: number[]): string[] {
  return [...numbers.map((number) => `-A KUBE-SERVICES -d 10.254.0.${number}/32 -j ${SVC}`), NOTE];
}

function commands(present: IptablesRuleset, wanted: IptablesRuleset): string[] {
  const lines = updateIptables(present, wanted)
    .join('')
    .split('\n')
    .filter((line) => line !== '');
  if (lines.length > 0) expect([lines[0], lines.at(-1)]).toEqual(['*nat', 'COMMIT']);
  return lines.slice(1, -1);
}

test('nothing changes, nothing is written', () => {
  expect(updateIptables(nat(...services(1, 2)), nat(...services(1, 2)))).toEqual([]);
  expect(updateIptables(NONE, NONE)).toEqual([]);
  expect(updateIptables(nat('-A PREROUTING -j MY-CHAIN'), NONE)).toEqual([]);
});

describe('shared chains change line by line', () => {
  const many = Array.from({ length: 20 }, (_, index) => index + 1);
  test('an added rule comes at its place, before the last one', () => {
    expect(commands(nat(...services(...many)), nat(...services(...many, 21)))).toEqual([
      `-I KUBE-SERVICES 21 -d 10.254.0.21/32 -j ${SVC}`,
    ]);
  });
  test('a removed rule is deleted by what it says', () => {
    expect(
      commands(nat(...services(...many)), nat(...services(...many.filter((number) => number !== 7)))),
    ).toEqual([`-D KUBE-SERVICES -d 10.254.0.7/32 -j ${SVC}`]);
  });
  test('a replaced rule', () => {
    const other = many.map((number) => (number === 7 ? 70 : number));
    expect(commands(nat(...services(...many)), nat(...services(...other)))).toEqual([
      `-D KUBE-SERVICES -d 10.254.0.7/32 -j ${SVC}`,
      `-I KUBE-SERVICES 7 -d 10.254.0.70/32 -j ${SVC}`,
    ]);
  });
  test('another order is left as it is', () => {
    expect(commands(nat(...services(...many.toReversed())), nat(...services(...many)))).toEqual([]);
  });
  test('a removal from another order is a deletion', () => {
    expect(commands(nat(...services(...many.toReversed(), 99)), nat(...services(...many)))).toHaveLength(1);
  });
  test('an addition to another order writes the chain anew', () => {
    const lines = commands(nat(...services(...many.toReversed())), nat(...services(...many, 21)));
    expect(lines).toEqual([':KUBE-SERVICES - [0:0]', ...services(...many, 21)]);
  });
  test('so does a last rule that is not last', () => {
    const [last = '', ...others] = services(...many).toReversed();
    const lines = commands(nat(last, ...others.toReversed()), nat(...services(...many)));
    expect(lines[0]).toBe(':KUBE-SERVICES - [0:0]');
    expect(lines.at(-1)).toBe(NOTE);
  });
  test('so does a change of most rules', () => {
    expect(commands(nat(...services(1, 2)), nat(...services(3, 4)))[0]).toBe(':KUBE-SERVICES - [0:0]');
  });
  test('a rule that is there twice and wanted once goes once', () => {
    expect(commands(nat(...services(7, ...many)), nat(...services(...many)))).toEqual([
      `-D KUBE-SERVICES -d 10.254.0.7/32 -j ${SVC}`,
    ]);
  });
});

describe("a Service's chains", () => {
  test('are written anew when they differ, and only those', () => {
    const before = nat(`-A ${SVC} -j ${SEP}`, `-A ${SEP} -j MARK --set-xmark 0x1/0x1`);
    const after = nat(`-A ${SVC} -j ${SEP}`, `-A ${SEP} -j MARK --set-xmark 0x2/0x2`);
    expect(commands(before, after)).toEqual([`:${SEP} - [0:0]`, `-A ${SEP} -j MARK --set-xmark 0x2/0x2`]);
  });
  test('go with the rules that lead to them, in one transaction', () => {
    const before = nat(...services(1), `-A ${SVC} -j ${SEP}`, `-A ${SEP} -j DROP`);
    const after = nat('-A KUBE-SERVICES -j KUBE-NODEPORTS');
    expect(commands(before, after)).toEqual([
      ':KUBE-SERVICES - [0:0]',
      `:${SVC} - [0:0]`,
      `:${SEP} - [0:0]`,
      '-A KUBE-SERVICES -j KUBE-NODEPORTS',
      `-X ${SVC}`,
      `-X ${SEP}`,
    ]);
  });
  test('are emptied, not deleted, while a foreign rule leads to them', () => {
    const before = nat(
      '-A MY-CHAIN -j KUBE-MARK-MASQ',
      '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    );
    expect(commands(before, NONE)).toEqual([':KUBE-MARK-MASQ - [0:0]']);
  });
});

describe('jumps from built-in chains', () => {
  const TO_SERVICES = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES';
  const PORTALS = '-m comment --comment "handle ClusterIPs" -j KUBE-PORTALS-CONTAINER';
  const NODE_PORTS =
    '-m comment --comment "NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-CONTAINER';
  const mine = '-A PREROUTING -i eth9 -j ACCEPT';
  test('come before foreign rules, in their order', () => {
    const wanted = nat(`-A POSTROUTING -j KUBE-POSTROUTING`, `-A PREROUTING ${TO_SERVICES}`);
    const [, , ...lines] = commands(nat(mine), wanted);
    expect(lines).toEqual([`-I PREROUTING 1 ${TO_SERVICES}`, '-I POSTROUTING 1 -j KUBE-POSTROUTING']);
  });
  test('that must be last come behind them', () => {
    const lines = commands(nat(mine), nat(`-A PREROUTING ${PORTALS}`, `-A PREROUTING ${NODE_PORTS}`));
    expect(lines.slice(2)).toEqual([`-I PREROUTING 1 ${PORTALS}`, `-A PREROUTING ${NODE_PORTS}`]);
  });
  test('stay where they are, wherever that is', () => {
    expect(
      commands(nat(mine, `-A PREROUTING ${TO_SERVICES}`, mine), nat(`-A PREROUTING ${TO_SERVICES}`)),
    ).toEqual([]);
  });
  test('a missing one comes beside its neighbour', () => {
    const wanted = nat(`-A PREROUTING ${PORTALS}`, `-A PREROUTING ${TO_SERVICES}`);
    expect(commands(nat(mine, `-A PREROUTING ${TO_SERVICES}`, 'KUBE-PORTALS-CONTAINER:'), wanted)).toEqual([
      `-I PREROUTING 2 ${PORTALS}`,
    ]);
  });
  test('one too many goes', () => {
    const twice = nat(`-A PREROUTING ${TO_SERVICES}`, mine, `-A PREROUTING ${TO_SERVICES}`);
    expect(commands(twice, nat(`-A PREROUTING ${TO_SERVICES}`))).toEqual([`-D PREROUTING ${TO_SERVICES}`]);
  });
  test('change with the mode, in one transaction', () => {
    const before = nat(mine, `-A PREROUTING ${TO_SERVICES}`);
    const after = nat(`-A PREROUTING ${PORTALS}`);
    expect(commands(before, after)).toEqual([
      ':KUBE-PORTALS-CONTAINER - [0:0]',
      `-D PREROUTING ${TO_SERVICES}`,
      `-I PREROUTING 1 ${PORTALS}`,
      '-X KUBE-SERVICES',
    ]);
  });
});

describe("the kubelet's chain", () => {
  const OURS = '-m comment --comment "block incoming localnet connections" -j DROP';
  const KUBELETS = '-m comment --comment "kubernetes firewall for dropping marked packets" -j DROP';
  const TO_IT = '-A PREROUTING -j KUBE-FIREWALL';
  test('gets our rule beside its own', () => {
    expect(
      commands(nat(TO_IT, `-A KUBE-FIREWALL ${KUBELETS}`), nat(TO_IT, `-A KUBE-FIREWALL ${OURS}`)),
    ).toEqual([`-I KUBE-FIREWALL 1 ${OURS}`]);
  });
  test('stays with its own rule and its jumps when ours goes', () => {
    expect(commands(nat(TO_IT, `-A KUBE-FIREWALL ${OURS}`, `-A KUBE-FIREWALL ${KUBELETS}`), NONE)).toEqual([
      `-D KUBE-FIREWALL ${OURS}`,
    ]);
  });
  test('goes when nothing but ours was in it', () => {
    expect(commands(nat(TO_IT, `-A KUBE-FIREWALL ${OURS}`), NONE)).toEqual([
      '-D PREROUTING -j KUBE-FIREWALL',
      `-D KUBE-FIREWALL ${OURS}`,
      '-X KUBE-FIREWALL',
    ]);
  });
});

test("other programs' chains are nobody's business here", () => {
  const foreign = [
    'KUBE-KUBELET-CANARY:',
    '-A KUBE-ROUTER-INPUT -j ACCEPT',
    '-A KUBE-MARK-DROP -j DROP',
    '-A PREROUTING -j KUBE-ROUTER-INPUT',
  ];
  expect(commands(nat(...foreign), NONE)).toEqual([]);
});

test('a chain that is not ours cannot be wanted', () => {
  expect(() => updateIptables(NONE, nat('-A MY-CHAIN -j ACCEPT'))).toThrow(
    'chain MY-CHAIN is not one of kube-proxy',
  );
});

describe('diffIptables', () => {
  test('finds nothing between equal rulesets, foreign rules and shared order aside', () => {
    expect(diffIptables(nat('-A PREROUTING -j MY-CHAIN', ...services(2, 1)), nat(...services(1, 2)))).toEqual(
      [],
    );
  });
  test('names chains, rules and Services', () => {
    const rule = (n: number): string =>
      `-A KUBE-SERVICES -d 10.254.0.${n}/32 -m comment --comment "default/web-${n}:http cluster IP" -j ${SVC}`;
    const differences = diffIptables(
      nat(rule(1), `-A ${SVC} -j ACCEPT`, `-A ${SVC} -j DROP`),
      nat(rule(2), `-A ${SVC} -j DROP`, `-A ${SVC} -j ACCEPT`, `-A ${SEP} -j DROP`),
    );
    expect(differences.map(formatDifference)).toEqual([
      `nat KUBE-SERVICES differs (default/web-2, default/web-1)\n- -d 10.254.0.1/32 -m comment --comment "default/web-1:http cluster IP" -j ${SVC}\n+ -d 10.254.0.2/32 -m comment --comment "default/web-2:http cluster IP" -j ${SVC}`,
      `nat ${SVC} differs\n  the same rules in another order`,
      `nat ${SEP} is missing\n+ -j DROP`,
    ]);
    expect(diffIptables(nat(`-A ${SEP} -j DROP`), NONE).map(({ kind }) => kind)).toEqual(['unwanted']);
  });
  test('a last rule that is not last differs', () => {
    expect(
      diffIptables(nat(...services(1).toReversed()), nat(...services(1))).map(({ reordered }) => reordered),
    ).toEqual([true]);
  });
});
