/**
 * The embedded lab's addresses: those of the design document, and their IPv6 counterparts.
 *
 *     client 10.0.0.9 ── eth0 ──── eth0 ── lab-node 10.0.0.5 ── veth… ──── eth0 ── pod 192.168.125.x
 *            fd00:10::9                    fd00:10::5                               fd00:10:244::x
 *
 * Client and node share one wire. Every pod hangs on a wire of its own, with a route to its address, so
 * that each packet between two pods passes the node's hooks even where br_netfilter cannot be loaded.
 */
export const addressPlan = {
  nodeName: 'lab-node',
  node: { ipv4: '10.0.0.5', ipv6: 'fd00:10::5' },
  client: { ipv4: '10.0.0.9', ipv6: 'fd00:10::9' },
  outside: { ipv4: '10.0.0.0/24', ipv6: 'fd00:10::/64' },
  services: { ipv4: '10.254.0.0/16', ipv6: 'fd00:10:254::/112' },
  pods: { ipv4: '192.168.125.0/24', ipv6: 'fd00:10:244::/64' },
  /** The node's own address on every pod's wire: what a pod sees of masqueraded traffic. */
  podGateway: { ipv4: '192.168.125.1', ipv6: 'fd00:10:244::1' },
  /** 10.0.0.100 to 10.0.0.199, as the prefixes that the client routes to the node. */
  loadBalancers: {
    first: '10.0.0.100',
    last: '10.0.0.199',
    prefixes: ['10.0.0.100/30', '10.0.0.104/29', '10.0.0.112/28', '10.0.0.128/26', '10.0.0.192/29'],
  },
} as const;
