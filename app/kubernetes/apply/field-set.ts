/**
 * Sets of field paths, and FieldsV1, the form in which `metadata.managedFields` keeps them
 * (sigs.k8s.io/structured-merge-diff, fieldpath).
 *
 * A path element is kept as FieldsV1 writes it: `f:name`, `k:{"port":80,"protocol":"TCP"}` (an element of
 * a list, by its key), `v:"x"` (an element of a set, by its value), `i:0` (by its place).
 */
import { goJson, isJsonObject, type JsonObject, type JsonValue } from '../json.ts';

export type PathElement = string;
export type FieldPath = readonly PathElement[];

interface FieldNode {
  /** Whether the path that ends here is in the set itself, or only longer ones. */
  member: boolean;
  children: FieldSet;
}

const ORDER = 'fkvi';

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

export function keyElement(keys: JsonObject): PathElement {
  return `k:${goJson(keys)}`;
}

export function valueElement(value: JsonValue): PathElement {
  return `v:${goJson(value)}`;
}

/** The name in a field's element; undefined for an element of a list. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

function compareElements(left: PathElement, right: PathElement): number {
  const kinds = ORDER.indexOf(left.charAt(0)) - ORDER.indexOf(right.charAt(0));
  if (kinds !== 0) return kinds;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A set of paths. Its operations make new sets; only `insert` changes one. */
export class FieldSet {
  readonly #nodes = new Map<PathElement, FieldNode>();

  static of(...paths: FieldPath[]): FieldSet {
    const set = new FieldSet();
    for (const path of paths) set.insert(path);
    return set;
  }

  insert(path: FieldPath): void {
    const [first, ...rest] = path;
    if (first === undefined) return;
    const node = this.#node(first);
    if (rest.length === 0) node.member = true;
    else node.children.insert(rest);
  }

  #node(element: PathElement): FieldNode {
    const known = this.#nodes.get(element);
    if (known !== undefined) return known;
    const made = { member: false, children: new FieldSet() };
    this.#nodes.set(element, made);
    return made;
  }

  get isEmpty(): boolean {
    return ![...this.#nodes.values()].some((node) => node.member || !node.children.isEmpty);
  }

  /** Whether the one-element path is in the set. */
  hasMember(element: PathElement): boolean {
    return this.#nodes.get(element)?.member ?? false;
  }

  /** The rest of the paths that begin with an element. */
  below(element: PathElement): FieldSet {
    return this.#nodes.get(element)?.children ?? new FieldSet();
  }

  union(other: FieldSet): FieldSet {
    return this.#combine(
      other,
      (left, right) => left || right,
      (left, right) => left.union(right),
    );
  }

  intersection(other: FieldSet): FieldSet {
    return this.#combine(
      other,
      (left, right) => left && right,
      (left, right) => left.intersection(right),
    );
  }

  /** Paths of this set that the other has not; longer paths than one of the other's stay. */
  difference(other: FieldSet): FieldSet {
    return this.#combine(
      other,
      (left, right) => left && !right,
      (left, right) => left.difference(right),
    );
  }

  /** As `difference`, but what lies below a path of the other set goes with it. */
  recursiveDifference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const [element, { member, children }] of this.#nodes) {
      if (other.hasMember(element)) continue;
      result.#keep(element, { member, children: children.recursiveDifference(other.below(element)) });
    }
    return result;
  }

  #combine(
    other: FieldSet,
    members: (left: boolean, right: boolean) => boolean,
    children: (left: FieldSet, right: FieldSet) => FieldSet,
  ): FieldSet {
    const result = new FieldSet();
    for (const element of new Set([...this.#nodes.keys(), ...other.#nodes.keys()])) {
      result.#keep(element, {
        member: members(this.hasMember(element), other.hasMember(element)),
        children: children(this.below(element), other.below(element)),
      });
    }
    return result;
  }

  #keep(element: PathElement, node: FieldNode): void {
    if (node.member || !node.children.isEmpty) this.#nodes.set(element, node);
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** The elements that paths begin with, in the API's order. */
  elements(): PathElement[] {
    return [...this.#nodes.keys()].sort(compareElements);
  }

  /** All paths of the set, in the API's order. */
  paths(prefix: FieldPath = []): FieldPath[] {
    return this.elements().flatMap((element) => {
      const path = [...prefix, element];
      return [...(this.hasMember(element) ? [path] : []), ...this.below(element).paths(path)];
    });
  }

  toFieldsV1(): JsonObject {
    return Object.fromEntries(
      this.elements().map((element) => {
        const below = this.below(element).toFieldsV1();
        const both = this.hasMember(element) && Object.keys(below).length > 0;
        return [element, both ? { '.': {}, ...below } : below];
      }),
    );
  }

  /** Reads FieldsV1. Throws an Error for a key that is no path element. */
  static fromFieldsV1(fields: JsonValue | undefined): FieldSet {
    const set = new FieldSet();
    if (!isJsonObject(fields)) return set;
    for (const [key, value] of Object.entries(fields)) {
      if (key === '.') continue;
      const element = canonicalElement(key);
      const children = FieldSet.fromFieldsV1(value);
      const member = !isJsonObject(value) || Object.keys(value).length === 0 || '.' in value;
      set.#keep(element, { member, children });
    }
    return set;
  }
}

function canonicalElement(key: string): PathElement {
  const text = key.slice(2);
  switch (key.slice(0, 2)) {
    case 'f:':
    case 'i:':
      return key;
    case 'k:':
    case 'v:':
      return `${key.slice(0, 2)}${goJson(JSON.parse(text))}`;
    default:
      throw new Error(`unknown path element ${JSON.stringify(key)} in managedFields`);
  }
}

/** A path as conflicts show it: `.spec.ports[port=80,protocol="TCP"].targetPort`. */
export function pathString(path: FieldPath): string {
  return path.map((element) => elementString(element)).join('');
}

function elementString(element: PathElement): string {
  const text = element.slice(2);
  switch (element.charAt(0)) {
    case 'f':
      return `.${text}`;
    case 'k': {
      const keys: unknown = JSON.parse(text);
      const pairs = isJsonObject(keys) ? Object.entries(keys) : [];
      return `[${pairs.map(([name, value]) => `${name}=${goJson(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}
