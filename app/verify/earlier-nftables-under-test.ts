/** What `nft list ruleset` shows where earlier versions of kube-proxy wrote the rules, beside iptables' own tables. */
import { type EarlierNode, nftName } from './earlier-nodes-under-test.ts';

const WEB = nftName('shop/web/tcp/http');
const CART = nftName('shop/cart/tcp/');
const WEB_5 = nftName('shop/web/tcp/http__10.244.0.5/8080');
const CART_6 = nftName('shop/cart/tcp/__10.244.0.6/8080');
const CART_7 = nftName('shop/cart/tcp/__10.244.1.7/8080');

/** Of iptables, which the kubelet's chains are made with: nft cannot say what they do. */
const OTHERS = `# Warning: table ip mangle is managed by iptables-nft, do not touch!
table ip mangle {
	chain KUBE-IPTABLES-HINT {
	}

	chain KUBE-KUBELET-CANARY {
	}
}
table ip nat {
	chain POSTROUTING {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4  counter packets 12 bytes 720 xt target "MASQUERADE"
	}
}
`;

const block = (kind: string, name: string, lines: readonly string[]): string =>
  `	${kind} ${name} {\n${lines.map((line) => `		${line}\n`).join('')}	}\n\n`;

const elements = (list: readonly string[]): string[] =>
  list.length === 0 ? [] : [`elements = { ${list.join(',\n\t\t\t     ')} }`];

function map(name: string, type: string, comment: string, list: readonly string[]): string {
  return block('map', name, [`type ${type} : verdict`, `comment "${comment}"`, ...elements(list)]);
}

function base(name: string, type: string, hook: string, priority: string, rules: readonly string[]): string {
  return block('chain', name, [`type ${type} hook ${hook} priority ${priority}; policy accept;`, ...rules]);
}

const chain = (name: string, ...rules: string[]): string => block('chain', name, rules);

const ADDRESS_AND_PORT = 'ipv4_addr . inet_proto . inet_service';
const LOOK_UP = 'ip daddr . meta l4proto . th dport vmap';
const OF_NEW = 'ct state new jump';

/** The maps are the same in all versions. */
const MAPS = [
  map(
    'no-endpoint-services',
    ADDRESS_AND_PORT,
    'vmap to drop or reject packets to services with no endpoints',
    ['10.96.0.22 . tcp . 80 comment "shop/idle" : goto reject-chain'],
  ),
  map(
    'no-endpoint-nodeports',
    'inet_proto . inet_service',
    'vmap to drop or reject packets to service nodeports with no endpoints',
    [],
  ),
  map('service-ips', ADDRESS_AND_PORT, 'ClusterIP, ExternalIP and LoadBalancer IP traffic', [
    `10.96.0.20 . tcp . 80 : goto service-${WEB}`,
    `198.51.100.7 . tcp . 80 : goto external-${WEB}`,
    `10.96.0.21 . tcp . 80 : goto service-${CART}`,
  ]),
  map('service-nodeports', 'inet_proto . inet_service', 'NodePort traffic', [
    `tcp . 30080 : goto external-${WEB}`,
  ]),
  map('firewall-ips', ADDRESS_AND_PORT, 'destinations that are subject to LoadBalancerSourceRanges', [
    `198.51.100.7 . tcp . 80 comment "shop/web:http" : goto firewall-${WEB}`,
  ]),
].join('');

/** Packets to be masqueraded carry a mark, as in iptables mode. */
const MARKING = [
  chain('mark-for-masquerade', 'meta mark set meta mark | 0x00004000'),
  chain(
    'masquerading',
    'meta mark & 0x00004000 == 0x00000000 return',
    'meta mark set meta mark ^ 0x00004000',
    'masquerade fully-random',
  ),
  block('chain', 'reject-chain', [
    'comment "helper for @no-endpoint-services / @no-endpoint-nodeports"',
    'reject',
  ]),
].join('');

const affinitySet = (endpoint: string): string =>
  block('set', `affinity-${endpoint}`, [
    'type ipv4_addr',
    'size 65535',
    'flags dynamic,timeout',
    'timeout 3h',
    ...elements(['10.244.0.9 expires 2h59m1s120ms']),
  ]);

const endpoint = (name: string, address: string, affinity: boolean): string =>
  chain(
    `endpoint-${name}`,
    `ip saddr ${address} jump mark-for-masquerade`,
    ...(affinity ? [`update @affinity-${name} { ip saddr }`] : []),
    `meta l4proto tcp dnat to ${address}:8080`,
  );

/** @param dport what a Service's first rule asks beyond the address: the port, until 1.31. */
function services(dport: string): string {
  const mark = (address: string): string =>
    `ip daddr ${address} ${dport}ip saddr != 10.244.0.0/16 jump mark-for-masquerade`;
  const known = (name: string): string => `ip saddr @affinity-${name} goto endpoint-${name}`;
  return [
    affinitySet(CART_6),
    affinitySet(CART_7),
    chain(`service-${WEB}`, mark('10.96.0.20'), `numgen random mod 1 vmap { 0 : goto endpoint-${WEB_5} }`),
    chain(`local-${WEB}`, `numgen random mod 1 vmap { 0 : goto endpoint-${WEB_5} }`),
    chain(
      `external-${WEB}`,
      `ip saddr 10.244.0.0/16 goto service-${WEB} comment "short-circuit pod traffic"`,
      'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
      `fib saddr type local goto service-${WEB} comment "short-circuit local traffic"`,
      `goto local-${WEB}`,
    ),
    chain(`firewall-${WEB}`, 'ip saddr != 203.0.113.0/24 drop'),
    chain(
      `service-${CART}`,
      mark('10.96.0.21'),
      known(CART_6),
      known(CART_7),
      `numgen random mod 2 vmap { 0 : goto endpoint-${CART_6}, 1 : goto endpoint-${CART_7} }`,
    ),
    endpoint(WEB_5, '10.244.0.5', false),
    endpoint(CART_6, '10.244.0.6', true),
    endpoint(CART_7, '10.244.1.7', true),
  ].join('');
}

const NAT_CHAINS = [
  base('nat-prerouting', 'nat', 'prerouting', 'dstnat', ['jump services']),
  base('nat-output', 'nat', 'output', '-100', ['jump services']),
  base('nat-postrouting', 'nat', 'postrouting', 'srcnat', ['jump masquerading']),
].join('');

const table = (...parts: string[]): string =>
  `${OTHERS}table ip kube-proxy {\n	comment "rules for kube-proxy"\n\n${parts.join('').trimEnd()}\n}\n`;

const TO_NODE_PORT = 'fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap';
const FIRST = table(
  MAPS,
  MARKING,
  base('filter-prerouting', 'filter', 'prerouting', 'dstnat - 10', [`${OF_NEW} firewall-check`]),
  base('filter-input', 'filter', 'input', '-110', [`${OF_NEW} endpoints-check`]),
  base('filter-forward', 'filter', 'forward', '-110', [`${OF_NEW} endpoints-check`]),
  base('filter-output', 'filter', 'output', '-110', [
    `${OF_NEW} endpoints-check`,
    `${OF_NEW} firewall-check`,
  ]),
  NAT_CHAINS,
  chain('endpoints-check', `${LOOK_UP} @no-endpoint-services`, `${TO_NODE_PORT} @no-endpoint-nodeports`),
  chain('firewall-check', `${LOOK_UP} @firewall-ips`),
  chain('services', `${LOOK_UP} @service-ips`, `${TO_NODE_PORT} @service-nodeports`),
  services('tcp dport 80 '),
);

const ADDRESS_SETS = [
  block('set', 'cluster-ips', [
    'type ipv4_addr',
    'comment "Active ClusterIPs"',
    ...elements(['10.96.0.20, 10.96.0.21', '10.96.0.22']),
  ]),
  block('set', 'nodeport-ips', [
    'type ipv4_addr',
    'comment "IPs that accept NodePort traffic"',
    ...elements(['192.168.0.2']),
  ]),
].join('');

const CHECKS = [
  chain('service-endpoints-check', `${LOOK_UP} @no-endpoint-services`),
  chain(
    'nodeport-endpoints-check',
    'ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports',
  ),
  chain(
    'cluster-ips-check',
    'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
    'ip daddr 10.96.0.0/12 drop comment "Drop traffic to unallocated ClusterIPs"',
  ),
  chain('firewall-check', `${LOOK_UP} @firewall-ips`),
  chain(
    'services',
    `${LOOK_UP} @service-ips`,
    'ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports',
  ),
].join('');

const BETA = table(
  ADDRESS_SETS,
  MAPS,
  MARKING,
  base('filter-prerouting', 'filter', 'prerouting', 'dstnat - 10', [`${OF_NEW} firewall-check`]),
  base('filter-input', 'filter', 'input', '-110', [
    `${OF_NEW} nodeport-endpoints-check`,
    `${OF_NEW} service-endpoints-check`,
  ]),
  base('filter-forward', 'filter', 'forward', '-110', [
    `${OF_NEW} service-endpoints-check`,
    `${OF_NEW} cluster-ips-check`,
  ]),
  base('filter-output', 'filter', 'output', '-110', [
    `${OF_NEW} service-endpoints-check`,
    `${OF_NEW} firewall-check`,
  ]),
  base('filter-output-post-dnat', 'filter', 'output', '-90', [`${OF_NEW} cluster-ips-check`]),
  NAT_CHAINS,
  CHECKS,
  services('tcp dport 80 '),
);

const GENERAL = table(
  ADDRESS_SETS,
  MAPS,
  MARKING,
  base('filter-prerouting-pre-dnat', 'filter', 'prerouting', 'dstnat - 10', [`${OF_NEW} firewall-check`]),
  base('filter-output-pre-dnat', 'filter', 'output', '-110', [`${OF_NEW} firewall-check`]),
  base('filter-input', 'filter', 'input', 'filter', [
    `${OF_NEW} nodeport-endpoints-check`,
    `${OF_NEW} service-endpoints-check`,
  ]),
  base('filter-forward', 'filter', 'forward', 'filter', [
    `${OF_NEW} service-endpoints-check`,
    `${OF_NEW} cluster-ips-check`,
  ]),
  base('filter-output', 'filter', 'output', 'filter', [
    `${OF_NEW} service-endpoints-check`,
    `${OF_NEW} cluster-ips-check`,
  ]),
  NAT_CHAINS,
  CHECKS,
  services(''),
);

const SERVICES = {
  [`service-${WEB}`]: 'shop/web',
  [`local-${WEB}`]: 'shop/web',
  [`external-${WEB}`]: 'shop/web',
  [`firewall-${WEB}`]: 'shop/web',
  [`endpoint-${WEB_5}`]: 'shop/web',
  [`service-${CART}`]: 'shop/cart',
  [`endpoint-${CART_6}`]: 'shop/cart',
  [`endpoint-${CART_7}`]: 'shop/cart',
  [`affinity-${CART_6}`]: 'shop/cart',
  [`affinity-${CART_7}`]: 'shop/cart',
};

const FRAME = [
  ...['no-endpoint-services', 'no-endpoint-nodeports', 'service-ips', 'service-nodeports', 'firewall-ips'],
  ...['mark-for-masquerade', 'masquerading', 'reject-chain', 'firewall-check', 'services'],
  ...['filter-input', 'filter-forward', 'filter-output', 'nat-prerouting', 'nat-output', 'nat-postrouting'],
];
const FRAME_SINCE_SETS = [
  ...[...FRAME, 'cluster-ips', 'nodeport-ips'],
  ...['service-endpoints-check', 'nodeport-endpoints-check', 'cluster-ips-check'],
];
const foreign = ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY', 'POSTROUTING'];

export const EARLIER_NFTABLES_NODES: readonly EarlierNode[] = [
  {
    version: 'the first of nftables mode: endpoints-check',
    mode: 'nftables',
    saved: FIRST,
    frame: [...FRAME, 'endpoints-check', 'filter-prerouting'],
    services: SERVICES,
    foreign,
  },
  {
    version: 'beta: sets of addresses, all filters before the destination is translated',
    mode: 'nftables',
    saved: BETA,
    frame: [...FRAME_SINCE_SETS, 'filter-prerouting', 'filter-output-post-dnat'],
    services: SERVICES,
    foreign,
  },
  {
    version: "general availability: endpoints' chains, a mark to masquerade by",
    mode: 'nftables',
    saved: GENERAL,
    frame: [...FRAME_SINCE_SETS, 'filter-prerouting-pre-dnat', 'filter-output-pre-dnat'],
    services: SERVICES,
    foreign,
  },
];
