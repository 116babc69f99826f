/** Which node a command works on, as people write it: `lab`, `host`, `netns:NAME`, `container:NAME`. */

export type ContainerRuntime = 'docker' | 'podman' | 'nerdctl';

export type TargetSpec =
  /** The running embedded lab's node. */
  | { readonly kind: 'lab' }
  /** This machine's own network. */
  | { readonly kind: 'host' }
  /** A network namespace that `ip netns add` has named. */
  | { readonly kind: 'netns'; readonly name: string }
  /** A node that is a container (kind, minikube's docker driver, k3d); without a runtime the one that knows it. */
  | { readonly kind: 'container'; readonly name: string; readonly runtime?: ContainerRuntime }
  /** A node that `minikube ssh` reaches, by profile; without its name the first. */
  | { readonly kind: 'minikube'; readonly profile: string; readonly node?: string };

/** A target that cannot be named so, or is not there; the message says what can be given. */
export class TargetError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TargetError';
  }
}

const FORMS =
  '`lab`, `host`, `netns:NAME`, `container:NAME` (or `container:podman/NAME`) and `minikube:PROFILE`';

/** A file's name below /run/netns: never a path. */
const NETNS_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._@:+-]{1,255}$/;
/** What docker, podman and nerdctl take for a container's name or id; never an option. */
const CONTAINER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;
const RUNTIMES: ReadonlySet<string> = new Set(['docker', 'podman', 'nerdctl']);

/** @throws TargetError */
export function parseTargetSpec(text: string): TargetSpec {
  if (text === 'lab' || text === 'host') return { kind: text };
  const [, kind, rest = ''] = /^(netns|container|minikube):(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case 'netns':
      if (!NETNS_NAME.test(rest)) throw badName('a network namespace', rest, '`ip netns list` shows them');
      return { kind, name: rest };
    case 'container': {
      const [, runtime, name = ''] = /^(?:([^/]*)\/)?(.*)$/s.exec(rest) ?? [];
      if (runtime !== undefined && !RUNTIMES.has(runtime)) {
        throw badName('a container runtime', runtime, 'docker, podman and nerdctl are known');
      }
      if (!CONTAINER_NAME.test(name)) throw badName('a container', name, '`docker ps` shows them');
      return { kind, name, ...(runtime ? { runtime: runtime as ContainerRuntime } : {}) };
    }
    case 'minikube': {
      const [, profile = '', node] = /^([^/]*)(?:\/(.*))?$/s.exec(rest) ?? [];
      if (!CONTAINER_NAME.test(profile)) {
        throw badName('a minikube profile', profile, '`minikube profile list` shows them');
      }
      if (node === undefined) return { kind, profile };
      if (!CONTAINER_NAME.test(node))
        throw badName('a minikube node', node, '`minikube node list` shows them');
      return { kind, profile, node };
    }
    default:
      throw new TargetError(`no such target: ${JSON.stringify(text.slice(0, 100))}; there are ${FORMS}`);
  }
}

function badName(what: string, name: string, hint: string): TargetError {
  return new TargetError(`${JSON.stringify(name.slice(0, 100))} is no name of ${what}; ${hint}`);
}

/** The text that `parseTargetSpec` reads. */
export function formatTargetSpec(spec: TargetSpec): string {
  switch (spec.kind) {
    case 'netns':
      return `netns:${spec.name}`;
    case 'container':
      return `container:${spec.runtime ? `${spec.runtime}/` : ''}${spec.name}`;
    case 'minikube':
      return `minikube:${spec.profile}${spec.node === undefined ? '' : `/${spec.node}`}`;
    default:
      return spec.kind;
  }
}
