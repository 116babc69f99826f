/**
 * Label selectors: `app=web,tier in (a,b),!old`, and the LabelSelector objects of Deployments
 * (k8s.io/apimachinery/pkg/labels).
 */
import { SelectorError } from './selector-error.ts';
import { labelValueErrors, qualifiedNameErrors } from './validation/names.ts';

type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'gt' | 'lt' | 'exists' | '!';

interface LabelRequirement {
  key: string;
  operator: LabelOperator;
  values: readonly string[];
}

export type LabelSelectorTerms = readonly LabelRequirement[];

const BINARY_OPERATORS = 'in, notin, =, ==, !=, gt, lt';
const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};
const OBJECT_OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** Parses a selector. Throws a SelectorError with the API server's message. */
export function parseLabelSelector(text: string): LabelSelectorTerms {
  return new LabelSelectorParser(text).parse();
}

/** The terms of a LabelSelector object; undefined when it is not valid. */
export function selectorFromObject(selector: {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}): LabelSelectorTerms | undefined {
  const terms: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    terms.push({ key, operator: '=', values: [value] });
  }
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const known = OBJECT_OPERATORS[operator];
    if (known === undefined || requirementErrors(key, known, values).length > 0) return undefined;
    terms.push({ key, operator: known, values });
  }
  return terms.every(({ key, operator, values }) => requirementErrors(key, operator, values).length === 0)
    ? terms
    : undefined;
}

/** Whether labels meet all of a selector's terms. */
export function matchesLabels(
  terms: LabelSelectorTerms,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  return terms.every((term) =>
    matchesTerm(term, Object.hasOwn(labels, term.key) ? labels[term.key] : undefined),
  );
}

function matchesTerm({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const [bound = ''] = values;
      if (value === undefined || !isInteger(value) || !isInteger(bound)) return false;
      return operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
  }
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

function requirementErrors(key: string, operator: LabelOperator, values: readonly string[]): string[] {
  const errors = keyErrors(key);
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    errors.push(`values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`);
  }
  if ((operator === 'exists' || operator === '!') && values.length > 0) {
    errors.push(
      `values: Invalid value: ${JSON.stringify(values)}: values set must be empty for exists and does not exist`,
    );
  }
  for (const [index, value] of values.entries()) {
    if ((operator === 'gt' || operator === 'lt') && !isInteger(value)) {
      errors.push(
        `values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    const wrong = labelValueErrors(value);
    if (wrong.length > 0) {
      errors.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong.join('; ')}`);
    }
  }
  return errors;
}

function keyErrors(key: string, path = 'key'): string[] {
  const wrong = qualifiedNameErrors(key);
  return wrong.length === 0 ? [] : [`${path}: Invalid value: ${JSON.stringify(key)}: ${wrong.join('; ')}`];
}

type TokenKind = 'identifier' | 'symbol' | 'end';

interface Token {
  kind: TokenKind;
  text: string;
}

const SYMBOLS = ['!=', '==', '=', '!', '(', ')', ',', '>', '<'];

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const symbol = SYMBOLS.find((candidate) => rest.startsWith(candidate));
    const word = symbol ?? /^[^\s=!(),><]+/.exec(rest)?.[0] ?? rest;
    tokens.push({ kind: symbol === undefined ? 'identifier' : 'symbol', text: word });
    rest = rest.slice(word.length).trimStart();
  }
  return [...tokens, { kind: 'end', text: '' }];
}

const END: Token = { kind: 'end', text: '' };

class LabelSelectorParser {
  readonly #tokens: Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): LabelSelectorTerms {
    const terms: LabelRequirement[] = [];
    while (this.#peek().kind !== 'end') {
      if (!this.#startsTerm()) {
        throw new SelectorError(`found '${this.#peek().text}', expected: !, identifier, or 'end of string'`);
      }
      terms.push(this.#requirement());
      const next = this.#take();
      if (next.kind === 'end') break;
      if (next.text !== ',')
        throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`);
      if (!this.#startsTerm()) {
        throw new SelectorError(`found '${this.#peek().text}', expected: identifier after ','`);
      }
    }
    return terms;
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? END;
  }

  #take(): Token {
    const token = this.#peek();
    this.#position += 1;
    return token;
  }

  #startsTerm(): boolean {
    return this.#peek().kind === 'identifier' || this.#peek().text === '!';
  }

  #requirement(): LabelRequirement {
    const negated = this.#peek().text === '!';
    if (negated) this.#take();
    const { kind, text: key } = this.#take();
    if (kind !== 'identifier') throw failure(`found '${key}', expected: identifier`);
    const [wrong] = keyErrors(key, '<nil>');
    if (wrong !== undefined) throw failure(wrong);
    if (negated) return { key, operator: '!', values: [] };
    if (this.#peek().kind === 'end' || this.#peek().text === ',')
      return { key, operator: 'exists', values: [] };
    const found = this.#take();
    const operator = Object.hasOwn(OPERATORS, found.text) ? OPERATORS[found.text] : undefined;
    if (operator === undefined) throw failure(`found '${found.text}', expected: ${BINARY_OPERATORS}`);
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    const [first, ...more] = requirementErrors(key, operator, values);
    if (first !== undefined) throw failure(more.length === 0 ? first : `[${[first, ...more].join(', ')}]`);
    return { key, operator, values };
  }

  #exactValue(): string {
    if (this.#peek().kind === 'end' || this.#peek().text === ',') return '';
    const { kind, text } = this.#take();
    if (kind !== 'identifier') throw failure(`found '${text}', expected: identifier`);
    return text;
  }

  /** `(a,b)`; an empty place between commas is the empty value. */
  #values(): string[] {
    const open = this.#take();
    if (open.text !== '(') throw failure(`found '${open.text}' expected: '('`);
    if (this.#peek().text === ')') {
      this.#take();
      return [''];
    }
    const values: string[] = [];
    for (;;) {
      if (this.#peek().kind === 'identifier') values.push(this.#take().text);
      else values.push('');
      const next = this.#take();
      if (next.text === ')') return [...new Set(values)].sort();
      if (next.text !== ',') throw failure(`found '${next.text}', expected: ',' or ')'`);
    }
  }
}

function failure(why: string): SelectorError {
  return new SelectorError(`unable to parse requirement: ${why}`);
}
