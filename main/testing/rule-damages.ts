/** What people do to a node's rules by hand, in each mode, and how it is told: for the Services of proxy-beside-api.ts. */
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { FindingKind } from '../../app/verify/finding.ts';
import type { DamagedNode } from './damaged-node.ts';

export interface Damage {
  readonly do: (node: DamagedNode) => void;
  readonly kind: FindingKind;
  readonly words: RegExp;
  /** Whose rules it hits; absent for what belongs to no Service. */
  readonly service?: string;
  /** The kernel tells nobody of it: it is found at the next full sync. */
  readonly inTime?: true;
}

export interface DamageRow {
  readonly name: string;
  readonly in: Partial<Record<ProxyMode, Damage>>;
}

const WEB = 'default/web';
const GUARDED = 'default/guarded';
/** Of the endpoint 10.244.0.6:8080. */
const CHOICE = /-A KUBE-SVC-\S+ .*web -> 10\.244\.0\.6/;
const DNAT = /-A KUBE-SEP-.*--to-destination 10\.244\.0\.6:8080/;

export const damageRows: readonly DamageRow[] = [
  {
    name: 'a deleted rule',
    in: {
      iptables: {
        do: (node) => node.deleteRule('nat', DNAT),
        kind: 'missing',
        words: /missing rule in KUBE-SEP-/,
        service: WEB,
      },
      nftables: {
        do: (node) => {
          const chain = node.findChain(/^external-.*web/);
          node.nft(
            'delete',
            'rule',
            'ip',
            'kube-proxy',
            chain,
            'handle',
            node.findNftRule(chain, /mark/).handle,
          );
        },
        kind: 'missing',
        words: /missing rule in external-/,
        service: WEB,
      },
      userspace: {
        do: (node) => node.deleteRule('nat', /-A KUBE-PORTALS-CONTAINER .*default\/web/),
        kind: 'missing',
        words: /missing rule in KUBE-PORTALS-CONTAINER/,
        service: WEB,
      },
    },
  },
  {
    name: 'a chain that was flushed',
    in: {
      iptables: {
        do: (node) => node.iptables('nat', '-F', 'KUBE-SERVICES'),
        kind: 'missing',
        words: /missing rule in KUBE-SERVICES to KUBE-SVC-/,
        service: WEB,
      },
      nftables: {
        do: (node) => node.nft('flush', 'chain', 'ip', 'kube-proxy', 'services'),
        kind: 'missing',
        words: /missing rule in services/,
      },
      userspace: {
        do: (node) => node.iptables('nat', '-F', 'KUBE-NODEPORT-CONTAINER'),
        kind: 'missing',
        words: /missing rule in KUBE-NODEPORT-CONTAINER/,
        service: WEB,
      },
    },
  },
  {
    name: 'a chain that is gone, with what led to it',
    in: {
      iptables: {
        do: (node) => {
          const { chain } = node.findRule('nat', DNAT);
          node.deleteRule('nat', CHOICE);
          node.restore('nat', `-F ${chain}`, `-X ${chain}`);
        },
        kind: 'missing',
        words: /missing endpoint 10\.244\.0\.6:8080/,
        service: WEB,
      },
      nftables: {
        do: (node) => {
          const chain = node.findChain(/^firewall-.*guarded/);
          node.nftInput(
            'delete element ip kube-proxy firewall-ips { 192.0.2.10 . tcp . 443 }',
            `delete chain ip kube-proxy ${chain}`,
          );
        },
        kind: 'missing',
        words: /missing chain firewall-.*guarded/,
        service: GUARDED,
      },
    },
  },
  {
    name: "a deleted jump from one of the kernel's chains",
    in: {
      iptables: {
        do: (node) => node.deleteRule('nat', /-A PREROUTING .*-j KUBE-SERVICES/),
        kind: 'missing',
        words: /missing rule in PREROUTING to KUBE-SERVICES/,
      },
      nftables: {
        do: (node) => node.nft('flush', 'chain', 'ip', 'kube-proxy', 'nat-prerouting'),
        kind: 'missing',
        words: /missing rule in nat-prerouting/,
      },
      userspace: {
        do: (node) => node.deleteRule('nat', /-A OUTPUT .*-j KUBE-PORTALS-HOST/),
        kind: 'missing',
        words: /missing rule in OUTPUT to KUBE-PORTALS-HOST/,
      },
    },
  },
  {
    name: 'jumps in another order',
    in: {
      iptables: {
        do: (node) => {
          const { number, text } = node.findRule('filter', /-A FORWARD .*-j KUBE-FORWARD/);
          node.restore('filter', `-D FORWARD ${number}`, `-A FORWARD ${text}`);
        },
        kind: 'reordered',
        words: /rules of FORWARD are in another order/,
      },
      nftables: {
        do: (node) => {
          const { text, handle } = node.findNftRule('filter-input', /nodeport-endpoints-check/);
          node.nftInput(
            `delete rule ip kube-proxy filter-input handle ${handle}`,
            `add rule ip kube-proxy filter-input ${text}`,
          );
        },
        kind: 'reordered',
        words: /rules of filter-input are in another order/,
      },
    },
  },
  {
    name: 'a changed target address',
    in: {
      iptables: {
        do: (node) => node.replaceRule('nat', DNAT, '10.244.0.6:8080', '10.244.9.9:8080'),
        kind: 'changed',
        words: /rule in KUBE-SEP-\S+ changed by hand/,
        service: WEB,
      },
      nftables: {
        do: (node) =>
          node.replaceNftRule(node.findChain(/^endpoint-.*guarded/), /dnat/, '10.244.0.8', '10.244.9.9'),
        kind: 'stale',
        words: /stale endpoint 10\.244\.9\.9:8443/,
        service: GUARDED,
      },
    },
  },
  {
    name: 'a changed port',
    in: {
      iptables: {
        do: (node) => node.replaceRule('nat', /-A KUBE-NODEPORTS -p .*30777/, '30777', '30778'),
        kind: 'changed',
        words: /rule in KUBE-NODEPORTS changed by hand/,
        service: WEB,
      },
      nftables: {
        do: (node) => {
          const target = node.findChain(/^external-.*web/);
          node.nftInput(
            'delete element ip kube-proxy service-nodeports { tcp . 30777 }',
            `add element ip kube-proxy service-nodeports { tcp . 30778 : goto ${target} }`,
          );
        },
        kind: 'missing',
        words: /service-nodeports: missing tcp \. 30777/,
        service: WEB,
      },
      userspace: {
        do: (node) =>
          node.replaceRule('nat', /-A KUBE-NODEPORT-CONTAINER .*30777/, '--dport 30777', '--dport 30778'),
        kind: 'changed',
        words: /rule in KUBE-NODEPORT-CONTAINER changed by hand/,
        service: WEB,
      },
    },
  },
  {
    name: 'a changed probability',
    in: {
      iptables: {
        do: (node) => node.replaceRule('nat', CHOICE, /--probability \S+/, '--probability 0.9'),
        kind: 'changed',
        words: /rule in KUBE-SVC-\S+ changed by hand/,
        service: WEB,
      },
      nftables: {
        do: (node) =>
          node.replaceNftRule(node.findChain(/^service-.*web/), /numgen/, '1 : 10.244.0.6', '1 : 10.244.0.5'),
        kind: 'missing',
        words: /missing endpoint 10\.244\.0\.6:8080/,
        service: WEB,
      },
    },
  },
  {
    name: 'a changed protocol',
    in: {
      iptables: {
        do: (node) =>
          node.replaceRule(
            'nat',
            /-A KUBE-SERVICES .*web cluster IP/,
            /-p tcp (.*)-m tcp/,
            '-p udp $1-m udp',
          ),
        kind: 'changed',
        words: /rule in KUBE-SERVICES changed by hand/,
        service: WEB,
      },
      nftables: {
        do: (node) =>
          node.replaceNftRule(
            node.findChain(/^service-.*web/),
            /numgen/,
            'meta l4proto tcp',
            'meta l4proto udp',
          ),
        kind: 'changed',
        words: /rule in service-\S+ changed by hand/,
        service: WEB,
      },
    },
  },
  {
    name: 'swapped rules',
    in: {
      iptables: {
        do: (node) => {
          const { chain, number, text } = node.findRule('nat', CHOICE);
          node.restore('nat', `-D ${chain} ${number}`, `-I ${chain} 1 ${text}`);
        },
        kind: 'reordered',
        words: /rules of KUBE-SVC-\S+ are in another order/,
        service: WEB,
      },
      nftables: {
        do: (node) => {
          const chain = node.findChain(/^external-.*web/);
          const { text, handle } = node.findNftRule(chain, /mark/);
          node.nftInput(
            `delete rule ip kube-proxy ${chain} handle ${handle}`,
            `add rule ip kube-proxy ${chain} ${text}`,
          );
        },
        kind: 'reordered',
        words: /rules of external-\S+ are in another order/,
        service: WEB,
      },
    },
  },
  {
    name: 'a rule that is there twice',
    in: {
      iptables: {
        do: (node) => {
          const { chain, text } = node.findRule('nat', DNAT);
          node.restore('nat', `-A ${chain} ${text}`);
        },
        kind: 'stale',
        words: /rule of KUBE-SEP-\S+ is there twice/,
        service: WEB,
      },
      nftables: {
        do: (node) => {
          const chain = node.findChain(/^external-.*web/);
          node.nftInput(`insert rule ip kube-proxy ${chain} ${node.findNftRule(chain, /mark/).text}`);
        },
        kind: 'stale',
        words: /rule of external-\S+ is there twice/,
        service: WEB,
      },
    },
  },
  {
    name: 'a foreign rule in a chain of ours',
    in: {
      iptables: {
        do: (node) => node.iptables('nat', '-I', 'KUBE-SERVICES', '-s', '192.0.2.66', '-j', 'RETURN'),
        kind: 'foreign',
        words: /foreign rule in KUBE-SERVICES/,
      },
      nftables: {
        do: (node) => node.nftInput('insert rule ip kube-proxy services ip saddr 192.0.2.66 drop'),
        kind: 'foreign',
        words: /foreign rule in services/,
      },
      userspace: {
        do: (node) =>
          node.iptables('nat', '-I', 'KUBE-PORTALS-CONTAINER', '-s', '192.0.2.66', '-j', 'RETURN'),
        kind: 'foreign',
        words: /foreign rule in KUBE-PORTALS-CONTAINER/,
      },
    },
  },
  {
    name: 'a chain that nobody wants, under a name of ours',
    in: {
      iptables: {
        do: (node) =>
          node.restore('nat', '-N KUBE-SVC-AAAAAAAAAAAAAAAA', '-A KUBE-SVC-AAAAAAAAAAAAAAAA -j RETURN'),
        kind: 'stale',
        words: /stale endpoint choosing chain KUBE-SVC-A+/,
      },
      nftables: {
        do: (node) => node.nftInput('add chain ip kube-proxy mine { type filter hook input priority 0; }'),
        kind: 'foreign',
        words: /foreign chain mine/,
      },
    },
  },
  {
    name: 'a flushed table',
    in: {
      iptables: {
        do: (node) => node.iptables('nat', '-F'),
        kind: 'missing',
        words: /missing rule in KUBE-SERVICES to KUBE-SVC-/,
        service: WEB,
      },
      nftables: {
        do: (node) => node.nft('flush', 'table', 'ip', 'kube-proxy'),
        kind: 'missing',
        words: /missing rule in service-\S+web/,
        service: WEB,
      },
      userspace: {
        do: (node) => node.iptables('nat', '-F'),
        kind: 'missing',
        words: /missing rule in KUBE-PORTALS-CONTAINER/,
        service: WEB,
      },
    },
  },
  {
    name: 'a deleted table',
    in: {
      iptables: {
        do: (node) => node.nft('delete', 'table', 'ip', 'nat'),
        kind: 'missing',
        words: /missing endpoint 10\.244\.0\.6:8080/,
        service: WEB,
      },
      nftables: {
        do: (node) => node.nft('delete', 'table', 'ip', 'kube-proxy'),
        kind: 'missing',
        words: /missing table ip kube-proxy/,
      },
    },
  },
  {
    name: 'every rule of the node deleted',
    in: {
      iptables: {
        do: (node) => node.nft('flush', 'ruleset'),
        kind: 'missing',
        words: /missing endpoint 10\.244\.0\.6:8080/,
        service: WEB,
      },
      nftables: {
        do: (node) => node.nft('flush', 'ruleset'),
        kind: 'missing',
        words: /missing table ip kube-proxy/,
      },
    },
  },
  {
    name: 'a changed verdict',
    in: {
      iptables: {
        do: (node) => node.replaceRule('filter', /-A KUBE-SERVICES .*idle/, /-j REJECT.*/, '-j ACCEPT'),
        kind: 'changed',
        words: /rule in KUBE-SERVICES changed by hand/,
        service: 'default/idle',
      },
      nftables: {
        do: (node) =>
          node.nftInput(
            'delete element ip kube-proxy no-endpoint-services { 10.254.7.9 . tcp . 9000 }',
            'add element ip kube-proxy no-endpoint-services { 10.254.7.9 . tcp . 9000 comment "default/idle" : drop }',
          ),
        kind: 'changed',
        words: /no-endpoint-services: 10\.254\.7\.9 \. tcp \. 9000 leads elsewhere/,
        service: 'default/idle',
      },
    },
  },
  {
    name: 'a changed mark for masquerading',
    in: {
      iptables: {
        do: (node) => node.replaceRule('nat', /-A KUBE-MARK-MASQ/, /0x4000\/0x4000/, '0x8000/0x8000'),
        kind: 'changed',
        words: /rule in KUBE-MARK-MASQ changed by hand/,
      },
      nftables: {
        do: (node) =>
          node.replaceNftRule(node.findChain(/^external-.*web/), /mark/, '0x00004000', '0x00008000'),
        kind: 'changed',
        words: /rule in external-\S+ changed by hand/,
        service: WEB,
      },
    },
  },
  {
    name: 'an endpoint that is left',
    in: {
      iptables: {
        do: (node) => {
          const { chain } = node.findRule('nat', CHOICE);
          node.restore(
            'nat',
            '-N KUBE-SEP-BBBBBBBBBBBBBBBB',
            '-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m comment --comment default/web -j DNAT --to-destination 10.244.0.99:8080',
            `-I ${chain} 1 -m comment --comment "default/web -> 10.244.0.99:8080" -m statistic --mode random --probability 0.25 -j KUBE-SEP-BBBBBBBBBBBBBBBB`,
          );
        },
        kind: 'stale',
        words: /stale endpoint 10\.244\.0\.99:8080/,
        service: WEB,
      },
      nftables: {
        do: (node) =>
          node.replaceNftRule(
            node.findChain(/^service-.*web/),
            /numgen/,
            /mod 3 map \{/,
            'mod 4 map { 3 : 10.244.0.99 . 8080,',
          ),
        kind: 'stale',
        words: /stale endpoint 10\.244\.0\.99:8080/,
        service: WEB,
      },
    },
  },
  {
    name: 'another time for session affinity',
    in: {
      iptables: {
        do: (node) => node.replaceRule('nat', /-A KUBE-SVC-.*--rcheck/, '--seconds 10800', '--seconds 5'),
        kind: 'changed',
        words: /rule in KUBE-SVC-\S+ changed by hand/,
        service: GUARDED,
      },
      nftables: {
        do: (node) => {
          const chain = node.findChain(/^service-.*guarded/);
          const { handle } = node.findNftRule(chain, /@affinity/);
          node.nftInput(`delete rule ip kube-proxy ${chain} handle ${handle}`);
        },
        kind: 'missing',
        words: /missing rule in service-\S+guarded/,
        service: GUARDED,
      },
    },
  },
  {
    name: 'a source range that was opened',
    in: {
      iptables: {
        do: (node) =>
          node.replaceRule('nat', /-A KUBE-FW-.*-s 10\.0\.0\.0\/24/, '-s 10.0.0.0/24', '-s 10.0.0.0/8'),
        kind: 'changed',
        words: /rule in KUBE-FW-\S+ changed by hand/,
        service: GUARDED,
      },
      nftables: {
        do: (node) => {
          const chain = node.findChain(/^firewall-.*guarded/);
          const { handle } = node.findNftRule(chain, /drop/);
          node.nftInput(
            `delete rule ip kube-proxy ${chain} handle ${handle}`,
            `add rule ip kube-proxy ${chain} ip saddr != { 10.0.0.0/8, 192.0.2.10 } drop`,
          );
        },
        kind: 'changed',
        words: /rule in firewall-\S+ changed by hand/,
        service: GUARDED,
      },
    },
  },
  {
    name: 'an emptied map',
    in: {
      nftables: {
        do: (node) => node.nft('flush', 'map', 'ip', 'kube-proxy', 'service-ips'),
        kind: 'missing',
        words: /service-ips: missing 10\.254\.7\.7 \. tcp \. 80/,
        service: WEB,
      },
    },
  },
  {
    name: 'an element too many in a map',
    in: {
      nftables: {
        do: (node) =>
          node.nftInput(
            `add element ip kube-proxy service-ips { 192.0.2.99 . tcp . 80 : goto ${node.findChain(/^service-.*web/)} }`,
          ),
        kind: 'stale',
        words: /service-ips: stale 192\.0\.2\.99 \. tcp \. 80/,
        service: WEB,
      },
    },
  },
  {
    name: 'a deleted set',
    in: {
      nftables: {
        do: (node) => {
          const { handle } = node.findNftRule('cluster-ips-check', /@cluster-ips/);
          node.nftInput(
            `delete rule ip kube-proxy cluster-ips-check handle ${handle}`,
            'delete set ip kube-proxy cluster-ips',
          );
        },
        kind: 'missing',
        words: /missing set cluster-ips/,
      },
    },
  },
  {
    name: 'a set that nobody wants',
    in: {
      nftables: {
        do: (node) => node.nftInput('add set ip kube-proxy mine { type ipv4_addr; }'),
        kind: 'foreign',
        words: /foreign set mine/,
      },
    },
  },
  {
    name: 'another priority of a hook',
    in: {
      nftables: {
        do: (node) => {
          const { text } = node.findNftRule('nat-prerouting', /jump/);
          node.nftInput(
            'flush chain ip kube-proxy nat-prerouting',
            'delete chain ip kube-proxy nat-prerouting',
            'add chain ip kube-proxy nat-prerouting { type nat hook prerouting priority 10; }',
            `add rule ip kube-proxy nat-prerouting ${text}`,
          );
        },
        kind: 'changed',
        words: /nat-prerouting is called at priority 10 of hook prerouting instead of -100/,
      },
    },
  },
  {
    name: 'another policy of a hook',
    in: {
      nftables: {
        do: (node) => node.nftInput('add chain ip kube-proxy filter-input { policy drop; }'),
        kind: 'changed',
        words: /filter-input has policy drop instead of accept/,
      },
    },
  },
  {
    name: 'a table that was switched off',
    in: {
      nftables: {
        do: (node) => node.nftInput('add table ip kube-proxy { flags dormant; }'),
        kind: 'changed',
        words: /table ip kube-proxy is switched off/,
      },
    },
  },
  {
    name: 'a switched off setting of the kernel',
    in: {
      iptables: {
        do: (node) => {
          node.run(['sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=0']);
        },
        kind: 'changed',
        inTime: true,
        words: /net\/ipv4\/conf\/all\/route_localnet is 0 instead of 1/,
      },
    },
  },
];
