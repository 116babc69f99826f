import { describe, expect, test } from 'vitest';
import type { IPFamily } from '../kubernetes/objects.ts';
import { parseIptablesSave } from './iptables-parse.ts';
import { updateIptables } from './iptables-update.ts';
import { ownPart } from './own-part.ts';

/** A kube-proxy's and a kubelet's chains; for IPv6 the kubelet's is empty, and led to all the same. */
const saved = (kubelets: string): string => `*filter
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-NODEPORTS - [0:0]
-A INPUT -j KUBE-FIREWALL
-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
-A OUTPUT -j KUBE-FIREWALL
${kubelets}COMMIT
`;

describe("kube-proxy's own part of a node's rules", () => {
  test.each<[name: string, family: IPFamily, kubelets: string]>([
    ["an empty chain of the kubelet's", 'IPv6', ''],
    [
      "kube-proxy's rule in the kubelet's chain",
      'IPv4',
      '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP\n',
    ],
    [
      "the kubelet's own rule there",
      'IPv4',
      '-A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP\n',
    ],
  ])('with %s: put back over itself it changes nothing', (_name, family, kubelets) => {
    const now = parseIptablesSave(saved(kubelets), family);
    expect(updateIptables(now, ownPart(now))).toEqual([]);
  });
});
