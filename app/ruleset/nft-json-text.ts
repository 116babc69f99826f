/**
 * From the JSON of nft's statements and expressions to the words it prints for the same.
 *
 * Everything that kube-proxy writes is known here, and what is common besides. Where something is not, there
 * are no words at all: half a rule would be a wrong one.
 */

type Json = Readonly<Record<string, unknown>>;

/** Something without words; only ever thrown and caught here. */
class Unknown extends Error {}

/** A rule's statements in words; undefined when one of them is not known. */
export function printStatements(statements: readonly unknown[]): string | undefined {
  return orUndefined(() => statements.map(statement).join(' '));
}

/** A verdict of a map: `goto reject-chain`, `drop`; undefined when it is none. */
export function printVerdict(verdict: unknown): string | undefined {
  return orUndefined(() => statement(verdict));
}

/** A value or expression in words; undefined when it is not known. @param isMark marks are told in hex. */
export function printExpression(value: unknown, isMark = false): string | undefined {
  return orUndefined(() => expression(value, { isMark }));
}

function orUndefined(words: () => string): string | undefined {
  try {
    return words();
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

/** An object's only property. */
function only(value: unknown): [kind: string, content: unknown] {
  if (!isObject(value)) throw new Unknown();
  const [entry, ...more] = Object.entries(value);
  if (entry === undefined || more.length > 0) throw new Unknown();
  return entry;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): Json {
  if (!isObject(value)) throw new Unknown();
  return value;
}

function asArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Unknown();
  return value;
}

function asText(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw new Unknown();
  return String(value);
}

/** Fails on properties that the words would not tell. */
function knows(object: Json, ...names: string[]): Json {
  if (Object.keys(object).some((name) => !names.includes(name))) throw new Unknown();
  return object;
}

const BARE_STATEMENTS = new Set(['accept', 'drop', 'continue', 'return', 'notrack']);

function statement(value: unknown): string {
  const [kind, content] = only(value);
  if (BARE_STATEMENTS.has(kind)) return kind;
  switch (kind) {
    case 'match':
      return matchStatement(asObject(content));
    case 'jump':
    case 'goto':
      return `${kind} ${asText(asObject(content)['target'])}`;
    case 'vmap':
      return lookUp('vmap', asObject(content));
    case 'mangle': {
      const { key, value: set } = knows(asObject(content), 'key', 'value');
      return `${expression(key)} set ${expression(set, { isMark: isMark(key) })}`;
    }
    case 'reject':
      return rejectStatement(content);
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
      return translation(kind, content);
    case 'set':
      return setStatement(asObject(content));
    case 'counter':
      return counterStatement(content);
    case 'log':
      return logStatement(content);
    case 'limit':
      return limitStatement(asObject(content));
    default:
      throw new Unknown();
  }
}

function matchStatement(match: Json): string {
  const { op, left, right } = knows(match, 'op', 'left', 'right');
  const operator = op === '==' || op === 'in' ? '' : `${asText(op)} `;
  if (typeof right === 'boolean') return `${expression(left)} ${operator}${right ? 'exists' : 'missing'}`;
  const context = { isMark: isMark(left), isName: isInterfaceName(left) };
  const masked = isObject(left) ? left['&'] : undefined;
  if (masked !== undefined && isTcpFlags(asArray(masked)[0])) {
    const [flags, mask] = asArray(masked);
    return `${expression(flags)} ${operator}${expression(right)} / ${expression(mask)}`;
  }
  // After another operator it is said.
  const equals = op === '==' && isOperation(left) ? '== ' : operator;
  return `${expression(left)} ${equals}${expression(right, context)}`;
}

function isOperation(value: unknown): boolean {
  const [kind] = isObject(value) ? Object.keys(value) : [];
  return kind !== undefined && OPERATORS.has(kind);
}

const OPERATORS: ReadonlySet<string> = new Set(['|', '&', '^', '<<', '>>']);

function isTcpFlags(value: unknown): boolean {
  const payload = isObject(value) ? value['payload'] : undefined;
  return isObject(payload) && payload['protocol'] === 'tcp' && payload['field'] === 'flags';
}

function rejectStatement(content: unknown): string {
  if (content === null) return 'reject';
  const { type, expr } = knows(asObject(content), 'type', 'expr');
  if (type === 'tcp reset') return 'reject with tcp reset';
  // Its own default, which nft leaves unsaid.
  return expr === 'port-unreachable' ? 'reject' : `reject with ${asText(type)} ${asText(expr)}`;
}

function translation(kind: string, content: unknown): string {
  const { addr, port, family, flags } =
    content === null ? ({} as Json) : knows(asObject(content), 'addr', 'port', 'family', 'flags');
  const words = [kind, ...(family === undefined ? [] : [asText(family)])];
  if (addr !== undefined || port !== undefined) words.push('to', destination(addr, port));
  if (flags !== undefined) words.push((Array.isArray(flags) ? flags : [flags]).map(asText).join(','));
  return words.join(' ');
}

function destination(addr: unknown, port: unknown): string {
  const address = addr === undefined ? '' : expression(addr);
  if (port === undefined) return address;
  return `${address.includes(':') ? `[${address}]` : address}:${expression(port)}`;
}

function setStatement(set: Json): string {
  const { op, elem, set: name } = knows(set, 'op', 'elem', 'set');
  return `${asText(op)} ${asText(name)} { ${expression(elem)} }`;
}

function counterStatement(content: unknown): string {
  if (content === null) return 'counter';
  if (typeof content === 'string') return `counter name "${content}"`;
  const { packets, bytes } = knows(asObject(content), 'packets', 'bytes');
  return `counter packets ${asText(packets)} bytes ${asText(bytes)}`;
}

function logStatement(content: unknown): string {
  if (content === null) return 'log';
  const { prefix, level, flags } = knows(asObject(content), 'prefix', 'level', 'flags');
  return [
    'log',
    ...(prefix === undefined ? [] : [`prefix "${asText(prefix)}"`]),
    ...(level === undefined ? [] : [`level ${asText(level)}`]),
    ...(flags === undefined
      ? []
      : [`flags ${(Array.isArray(flags) ? flags : [flags]).map(asText).join(',')}`]),
  ].join(' ');
}

function limitStatement(limit: Json): string {
  const { rate, per, burst, inv } = knows(limit, 'rate', 'per', 'burst', 'inv');
  const over = inv === true ? 'over ' : '';
  const atOnce = burst === undefined ? '' : ` burst ${asText(burst)} packets`;
  return `limit rate ${over}${asText(rate)}/${asText(per)}${atOnce}`;
}

/** What is known of a value by where it stands. */
interface ValueContext {
  /** A packet mark, told in hex. */
  readonly isMark?: boolean;
  /** A name, told in quotes. */
  readonly isName?: boolean;
}

function expression(value: unknown, context: ValueContext = {}): string {
  if (typeof value === 'number') return context.isMark ? hex(value) : String(value);
  if (typeof value === 'string') return context.isName && !value.startsWith('@') ? `"${value}"` : value;
  if (Array.isArray(value)) return value.map((part) => expression(part, context)).join(',');
  const [kind, content] = only(value);
  switch (kind) {
    case 'payload':
      return payload(asObject(content));
    case 'meta':
      return metaKey(asText(asObject(content)['key']));
    case 'ct':
      return ctKey(asObject(content));
    case 'fib':
      return fib(asObject(content));
    case 'numgen':
      return numgen(asObject(content));
    case 'jhash': {
      const { mod, expr } = knows(asObject(content), 'mod', 'expr');
      return `jhash ${expression(expr)} mod ${asText(mod)}`;
    }
    case 'concat':
      return asArray(content)
        .map((part) => expression(part))
        .join(' . ');
    case 'prefix': {
      const { addr, len } = knows(asObject(content), 'addr', 'len');
      return `${expression(addr, context)}/${asText(len)}`;
    }
    case 'range':
      return asArray(content)
        .map((part) => expression(part, context))
        .join('-');
    case 'set':
      return elements(asArray(content), context);
    case 'map':
      return lookUp('map', asObject(content));
    case 'elem':
      return element(asObject(content), context);
    case '|':
    case '&':
    case '^':
    case '<<':
    case '>>': {
      const operands = asArray(content);
      const marked = { isMark: context.isMark === true || operands.some(isMark) };
      return operands.map((operand) => expression(operand, marked)).join(` ${kind} `);
    }
    default:
      throw new Unknown();
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function payload({ protocol, field, base, offset, len }: Json): string {
  return base === undefined
    ? `${asText(protocol)} ${asText(field)}`
    : `@${asText(base)},${asText(offset)},${asText(len)}`;
}

/** Interfaces are asked for without `meta`. */
function metaKey(key: string): string {
  return /^[io]if(?:name|group)?$/.test(key) ? key : `meta ${key}`;
}

function ctKey(ct: Json): string {
  const { key, dir } = knows(ct, 'key', 'dir');
  return dir === undefined ? `ct ${asText(key)}` : `ct ${asText(dir)} ${asText(key)}`;
}

function fib(question: Json): string {
  const { result, flags } = knows(question, 'result', 'flags');
  return `fib ${(Array.isArray(flags) ? flags : [flags]).map(asText).join(' . ')} ${asText(result)}`;
}

function numgen(generator: Json): string {
  const { mode, mod, offset } = knows(generator, 'mode', 'mod', 'offset');
  const from = offset === undefined || offset === 0 ? '' : ` offset ${asText(offset)}`;
  return `numgen ${asText(mode)} mod ${asText(mod)}${from}`;
}

/** `KEY map { … }` or `KEY vmap @name`. */
function lookUp(kind: 'map' | 'vmap', look: Json): string {
  const { key, data } = knows(look, 'key', 'data');
  const values =
    typeof data === 'string' ? data : expression(data, { isMark: isMark(key), isName: isInterfaceName(key) });
  return `${expression(key)} ${kind} ${values}`;
}

/** A set's elements, or a map's, which are pairs. */
function elements(list: readonly unknown[], context: ValueContext): string {
  const words = list.map((entry) => {
    if (!Array.isArray(entry)) return expression(entry, context);
    const [key, value] = entry;
    return `${expression(key, context)} : ${printVerdict(value) ?? expression(value)}`;
  });
  return `{ ${words.join(', ')} }`;
}

function element(told: Json, context: ValueContext): string {
  const { val, timeout, comment } = knows(told, 'val', 'timeout', 'comment');
  return [
    expression(val, context),
    ...(timeout === undefined ? [] : [`timeout ${asText(timeout)}s`]),
    ...(comment === undefined ? [] : [`comment "${asText(comment)}"`]),
  ].join(' ');
}

/** Whether an expression is a packet's or a connection's mark, masked or not. */
function isMark(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [[kind, content] = ['', undefined]] = Object.entries(value);
  if (kind === 'meta' || kind === 'ct') return isObject(content) && content['key'] === 'mark';
  return Array.isArray(content) && '|&^'.includes(kind) && content.some(isMark);
}

function isInterfaceName(value: unknown): boolean {
  const key = isObject(value) && isObject(value['meta']) ? value['meta']['key'] : undefined;
  return typeof key === 'string' && /^[io](?:if|ifname|brname|ifkind)$/.test(key);
}
