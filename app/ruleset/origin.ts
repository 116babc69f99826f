/**
 * Why a rule exists: the object and field that caused it.
 *
 * A rule names the one field whose change would change or remove the rule: the node port's rule names
 * `spec.ports[0].nodePort`, an endpoint's DNAT names the slice's `endpoints[1].addresses[0]`. Rules that are
 * there whatever the cluster holds are kube-proxy's own frame.
 */
export type Origin = ObjectOrigin | ConfigurationOrigin | FrameOrigin | UnknownOrigin;

export interface ObjectOrigin {
  readonly kind: 'Service' | 'EndpointSlice' | 'Node' | 'ServiceCIDR';
  /** Absent for objects without one (Node, ServiceCIDR). */
  readonly namespace?: string;
  readonly name: string;
  /** The field's path in the object's JSON, e.g. `spec.ports[0].nodePort`. */
  readonly field: string;
}

export interface ConfigurationOrigin {
  readonly kind: 'KubeProxyConfiguration';
  readonly field: string;
}

/** A rule or chain that kube-proxy writes into every node, whatever the cluster holds. */
export interface FrameOrigin {
  readonly kind: 'kube-proxy';
}

/** A rule read back from a node: foreign, or ours with its cause not told. */
export interface UnknownOrigin {
  readonly kind: 'unknown';
}

export const UNKNOWN_ORIGIN: UnknownOrigin = { kind: 'unknown' };

export const FRAME: FrameOrigin = { kind: 'kube-proxy' };

/** `Service default/mysql-service spec.ports[0].nodePort`, as messages and `--format json` print it. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'kube-proxy':
      return 'kube-proxy';
    case 'unknown':
      return 'unknown';
    case 'KubeProxyConfiguration':
      return `KubeProxyConfiguration ${origin.field}`;
    default: {
      const name = origin.namespace ? `${origin.namespace}/${origin.name}` : origin.name;
      return `${origin.kind} ${name} ${origin.field}`;
    }
  }
}
