import { describe, expect, it } from 'vitest';
import { checkIptablesRestore, checkNft } from './ruleset-guard.ts';

const table = (...lines: string[]): string => ['*nat', ...lines, 'COMMIT', ''].join('\n');

describe('what the helper lets through to iptables-restore', () => {
  it.each([
    ['a chain of ours made and filled', table(':KUBE-SVC-ABC - [0:0]', '-A KUBE-SVC-ABC -j KUBE-MARK-MASQ')],
    [
      'our jump in a built-in chain',
      table('-I PREROUTING 1 -m comment --comment "a \\"b\\" -F" -j KUBE-SERVICES'),
    ],
    ['our jump taken out', table('-D OUTPUT -j KUBE-SERVICES')],
    ['a chain of ours deleted', table('-X KUBE-SEP-ABC')],
    ['a DNAT in a chain of ours', table('-A KUBE-SEP-A -p tcp -j DNAT --to-destination 10.0.0.1:80')],
    [
      'a rule of ours that only carries a comment',
      table('-A KUBE-FW-A -m comment --comment "other traffic"'),
    ],
    ['a comment and an empty line', '# a comment\n\n'],
  ])('%s', (_name, input) => {
    expect(() => checkIptablesRestore(input)).not.toThrow();
  });

  it.each([
    ['a foreign chain made', table(':DOCKER - [0:0]'), 2, 'DOCKER'],
    ['a built-in chain flushed', table(':PREROUTING ACCEPT [0:0]'), 2, 'PREROUTING'],
    ['a rule in a foreign chain', table('-A DOCKER -j KUBE-SERVICES'), 2, 'DOCKER'],
    ['a foreign jump in a built-in chain', table('-A INPUT -j DOCKER'), 2, 'INPUT'],
    ['a verdict in a built-in chain', table('-A INPUT -j DROP'), 2, 'INPUT'],
    ['a rule without a target in a built-in chain', table('-A INPUT -p tcp'), 2, 'target'],
    ['a foreign jump in a chain of ours', table('-A KUBE-SERVICES -j DOCKER'), 2, 'DOCKER'],
    ['a second target', table('-A KUBE-SERVICES -j RETURN -j ACCEPT'), 2, 'one target'],
    ['another table behind the back', table('-A KUBE-SERVICES -t filter -j RETURN'), 2, '-t'],
    ['a shortened option', table('-A KUBE-SERVICES --tab filter -j RETURN'), 2, '--tab'],
    ['a joined option', table('-A KUBE-SERVICES -tfilter -j RETURN'), 2, '-tfilter'],
    ['a joined target', table('-A KUBE-SERVICES -jDOCKER'), 2, '-jDOCKER'],
    ['a flush', table('-F'), 2, '-F'],
    ['a policy', table('-P INPUT DROP'), 2, '-P'],
    ['a foreign chain deleted', table('-X DOCKER'), 2, 'DOCKER'],
    ['every chain deleted', table('-X'), 2, 'chain'],
    ['a goto', table('-A KUBE-SERVICES -g KUBE-SVC-A -j RETURN'), 2, '-g'],
    ['a table kube-proxy does not use', '*security\nCOMMIT\n', 1, 'security'],
    ['a rule before any table', '-A KUBE-SERVICES -j RETURN\n', 1, 'table'],
    ['a table that is not committed', '*nat\n', 2, 'not committed'],
    ['a quote that hides the rest', table('-A KUBE-SERVICES -m comment --comment "x -j RETURN'), 2, 'quote'],
    [
      'a line of a mebibyte',
      table(`-A KUBE-SERVICES -m comment --comment ${'x'.repeat(1 << 20)} -j RETURN`),
      2,
      'long',
    ],
  ])('refuses %s', (_name, input, line, why) => {
    expect(() => checkIptablesRestore(input)).toThrow(new RegExp(`line ${line}: .*${why}`));
  });
});

describe('what the helper lets through to nft', () => {
  it.each([
    ['our table made', 'add table ip kube-proxy { comment "rules for kube-proxy" ; }'],
    ['a rule of ours', 'add rule ip6 kube-proxy services jump service-abc'],
    [
      'an element with a comment that holds a semicolon',
      'add element ip kube-proxy m { 1.2.3.4 comment "a; b" : drop }',
    ],
  ])('%s', (_name, input) => {
    expect(() => checkNft(input)).not.toThrow();
  });

  it.each([
    ['a foreign table', 'add table ip filter'],
    ['a flush of everything', 'flush ruleset'],
    ['a second command on the line', 'add table ip kube-proxy; flush ruleset'],
    ['an include', 'include "/etc/passwd"'],
    ['a table whose name begins like ours', 'delete table ip kube-proxy-other'],
  ])('refuses %s', (_name, input) => {
    expect(() => checkNft(input)).toThrow(/line 1/);
  });
});
