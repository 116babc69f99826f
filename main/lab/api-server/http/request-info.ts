/** What a URL under /api or /apis asks for (the real server's `RequestInfo`). */
export interface RequestInfo {
  group: string;
  version: string;
  namespace?: string;
  resource: string;
  name?: string;
  subresource?: string;
  /** The old form of a watch, `/api/v1/watch/…`. */
  watch: boolean;
}

/**
 * `/apis/apps/v1/namespaces/default/deployments/web/scale` taken apart; undefined for a path that is no
 * resource's. `/api/v1/namespaces/x` is the namespace itself.
 */
export function parseRequestPath(path: string): RequestInfo | undefined {
  const parts = decoded(path);
  if (!parts) return undefined;
  const root = parts.shift();
  const group = root === 'api' ? '' : parts.shift();
  const version = parts.shift();
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined) return undefined;
  const watch = parts[0] === 'watch';
  if (watch) parts.shift();
  const info = resourceOf(parts);
  return info && { group, version, ...info, watch };
}

function decoded(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function resourceOf(
  parts: string[],
): Pick<RequestInfo, 'namespace' | 'resource' | 'name' | 'subresource'> | undefined {
  const [first, second, third] = parts;
  if (first === undefined) return undefined;
  if (first !== 'namespaces' || second === undefined) return named(parts);
  if (third === undefined || third === 'status' || third === 'finalize') return named(parts);
  const info = named(parts.slice(2));
  return info && { namespace: second, ...info };
}

function named([resource, name, subresource, ...rest]: string[]):
  | Pick<RequestInfo, 'resource' | 'name' | 'subresource'>
  | undefined {
  if (resource === undefined || rest.length > 0) return undefined;
  return { resource, ...(name !== undefined && { name }), ...(subresource !== undefined && { subresource }) };
}
