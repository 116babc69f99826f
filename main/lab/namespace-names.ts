import { createHash } from 'node:crypto';

/** File names end at 255 bytes; a pod's namespace and name may need more. */
const LONGEST = 200;

/** The name under /run/netns of a pod's network namespace, as `ip netns list` shows it inside the lab. */
export function podNamespaceName(namespace: string, name: string): string {
  const full = `pod.${namespace}.${name}`;
  if (full.length <= LONGEST) return full;
  const digest = createHash('sha256').update(full).digest('hex').slice(0, 12);
  return `${full.slice(0, LONGEST - 13)}-${digest}`;
}
