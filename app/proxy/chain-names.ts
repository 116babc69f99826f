/**
 * Names derived from Services and endpoints.
 *
 * A chain's name may have 28 characters, so kube-proxy hashes what the chain stands for: sha256, base32, the
 * first 16 characters. The same input gives the same name on every node, and in every kube-proxy since 1.2.
 */
import type { ServicePortName } from '../ruleset/model.ts';
import { sha256Base32 } from './sha256.ts';

/** `namespace/name:port`, or `namespace/name` for a port without a name, as kube-proxy has written it since 1.14. */
export function servicePortNameString(name: ServicePortName): string {
  return name.port === '' ? `${name.namespace}/${name.name}` : `${name.namespace}/${name.name}:${name.port}`;
}

/** As kube-proxy wrote it before: the colon is there for a port without a name, too. */
export function classicServicePortNameString(name: ServicePortName): string {
  return `${name.namespace}/${name.name}:${name.port}`;
}

/** The key of a Service port in maps: unlike its printed name it tells TCP from UDP. */
export function servicePortKey(name: ServicePortName): string {
  return `${name.namespace}/${name.name}:${name.port}:${name.protocol}`;
}

/** The 16 characters after the chain's prefix; `parts` are simply joined, e.g. `default/web:http`, `tcp`. */
export function nameHash(...parts: string[]): string {
  return sha256Base32(parts.join(''), 16);
}
