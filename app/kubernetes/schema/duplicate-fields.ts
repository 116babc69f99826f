/**
 * Fields given twice in one JSON text. `JSON.parse` keeps the last silently; a strict API server says
 * `duplicate field "spec.ports[0].port"`.
 */

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,\]}]+/y;
const SPACE = /[\s,:]*/y;

/** Paths of duplicated fields in the order they occur. The text has to be valid JSON. */
export function duplicateFields(text: string): string[] {
  return new DuplicateScan(text).run();
}

class DuplicateScan {
  readonly #text: string;
  readonly #found: string[] = [];
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): string[] {
    this.#value('');
    return this.#found;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const taken = pattern.exec(this.#text)?.[0] ?? '';
    this.#position += taken.length;
    return taken;
  }

  #value(path: string): void {
    this.#take(SPACE);
    switch (this.#text[this.#position]) {
      case '{':
        this.#object(path);
        return;
      case '[':
        this.#list(path);
        return;
      case '"':
        this.#take(STRING);
        return;
      default:
        this.#take(SCALAR);
    }
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.#position += 1;
    for (this.#take(SPACE); this.#text[this.#position] === '"'; this.#take(SPACE)) {
      const name = String(JSON.parse(this.#take(STRING)));
      const field = path === '' ? name : `${path}.${name}`;
      if (seen.has(name) && !this.#found.includes(field)) this.#found.push(field);
      seen.add(name);
      this.#value(field);
    }
    this.#position += 1;
  }

  #list(path: string): void {
    this.#position += 1;
    this.#take(SPACE);
    for (
      let index = 0;
      this.#position < this.#text.length && this.#text[this.#position] !== ']';
      index += 1
    ) {
      this.#value(`${path}[${index}]`);
      this.#take(SPACE);
    }
    this.#position += 1;
  }
}
