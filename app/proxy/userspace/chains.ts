/** The fixed chains of the userspace mode, as kube-proxy named them from 1.0 to 1.25. */

/** Traffic that comes in over an interface, from pods and from outside, to addresses of Services. */
export const KUBE_PORTALS_CONTAINER = 'KUBE-PORTALS-CONTAINER';
/** The node's own traffic to addresses of Services. */
export const KUBE_PORTALS_HOST = 'KUBE-PORTALS-HOST';
/** Traffic that comes in over an interface to node ports. */
export const KUBE_NODEPORT_CONTAINER = 'KUBE-NODEPORT-CONTAINER';
/** The node's own traffic to node ports. */
export const KUBE_NODEPORT_HOST = 'KUBE-NODEPORT-HOST';
/** Lets redirected node port traffic in past a filter that drops new connections. */
export const KUBE_NODEPORT_NON_LOCAL = 'KUBE-NODEPORT-NON-LOCAL';
