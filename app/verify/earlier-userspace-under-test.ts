/** What iptables-save shows where kube-proxy, 1.25 at the latest, ran in userspace mode. */

const redirect = (chain: string, address: string, name: string, port: number): string =>
  `-A ${chain} -d ${address}/32 -p tcp -m comment --comment ${name} -m tcp --dport 80 -j ${
    chain === 'KUBE-PORTALS-HOST'
      ? `DNAT --to-destination 192.168.0.2:${port}`
      : `REDIRECT --to-ports ${port}`
  }
`;

export const USERSPACE = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-NODEPORT-NON-LOCAL - [0:0]
-A INPUT -m comment --comment "Ensure that non-local NodePort traffic can flow" -j KUBE-NODEPORT-NON-LOCAL
-A KUBE-NODEPORT-NON-LOCAL -p tcp -m comment --comment "shop/web:http" -m tcp --dport 41201 -m state --state NEW -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-NODEPORT-CONTAINER - [0:0]
:KUBE-NODEPORT-HOST - [0:0]
:KUBE-PORTALS-CONTAINER - [0:0]
:KUBE-PORTALS-HOST - [0:0]
-A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-CONTAINER
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A PREROUTING -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-CONTAINER
-A OUTPUT -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST
-A OUTPUT -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-HOST
-A DOCKER -i docker0 -j RETURN
-A KUBE-NODEPORT-CONTAINER -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j REDIRECT --to-ports 41201
-A KUBE-NODEPORT-HOST -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j DNAT --to-destination 192.168.0.2:41201
${['KUBE-PORTALS-CONTAINER', 'KUBE-PORTALS-HOST']
  .map(
    (chain) =>
      redirect(chain, '10.96.0.20', '"shop/web:http"', 36001) +
      redirect(chain, '198.51.100.7', '"shop/web:http"', 36001) +
      redirect(chain, '10.96.0.21', '"shop/cart"', 36002) +
      redirect(chain, '10.96.0.22', '"shop/idle"', 36003),
  )
  .join('')}COMMIT
`;
