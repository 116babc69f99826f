/** Reads the JSON of `nft -j list` (libnftables-json(5)). */
import { z } from 'zod';
import type {
  NftablesChain,
  NftablesElement,
  NftablesMap,
  NftablesRule,
  NftablesSet,
  NftablesTable,
} from './model.ts';
import { printExpression, printStatements, printVerdict } from './nft-json-text.ts';
import { NftParseError } from './nft-parse-error.ts';
import { withProtocolName, withProtocolNames } from './nft-protocols.ts';
import { serviceOfChain, serviceOfElement } from './nft-service-names.ts';
import { UNKNOWN_ORIGIN } from './origin.ts';

const family = z.enum(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']);
const comment = z.string().optional();

const tableSchema = z.looseObject({ family, name: z.string(), comment });
const chainSchema = z.looseObject({
  family,
  table: z.string(),
  name: z.string(),
  comment,
  type: z.string().optional(),
  hook: z.string().optional(),
  prio: z.number().optional(),
  policy: z.string().optional(),
  dev: z.string().optional(),
});
const ruleSchema = z.looseObject({
  family,
  table: z.string(),
  chain: z.string(),
  comment,
  expr: z.array(z.unknown()),
});
const typeSchema = z.union([z.string(), z.array(z.string())]);
const setSchema = z.looseObject({
  family,
  table: z.string(),
  name: z.string(),
  comment,
  type: z.union([typeSchema, z.looseObject({ typeof: z.unknown() })]),
  map: typeSchema.optional(),
  size: z.number().optional(),
  flags: z.union([z.string(), z.array(z.string())]).optional(),
  timeout: z.number().optional(),
  'gc-interval': z.number().optional(),
  policy: z.string().optional(),
  elem: z.array(z.unknown()).optional(),
});
const elementSchema = z.looseObject({
  elem: z.looseObject({
    val: z.unknown(),
    comment,
    timeout: z.number().optional(),
    expires: z.number().optional(),
  }),
});
const listSchema = z.looseObject({ nftables: z.array(z.record(z.string(), z.unknown())) });

/** Objects of a table whose kind the model does not know are kept as JSON. */
interface OpenTable {
  readonly table: NftablesTable;
  readonly chains: Map<string, NftablesChain>;
  readonly other: string[];
}

/** @throws NftParseError when the text is no JSON, or not nft's. */
export function parseNftJson(text: string): NftablesTable[] {
  const tables = new Map<string, OpenTable>();
  for (const object of parseObjects(text)) {
    for (const [kind, value] of Object.entries(object)) addObject(tables, kind, value);
  }
  return [...tables.values()].map(({ table, other }) => (other.length === 0 ? table : { ...table, other }));
}

function parseObjects(text: string): Record<string, unknown>[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new NftParseError(`is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parsed(listSchema, json, 'the list').nftables;
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new NftParseError(`${what} is not as nft prints it: ${issue?.path.join('.')}: ${issue?.message}`);
}

function addObject(tables: Map<string, OpenTable>, kind: string, value: unknown): void {
  switch (kind) {
    case 'metainfo':
      return;
    case 'table': {
      const { family: tableFamily, name, comment: told } = parsed(tableSchema, value, 'a table');
      openTable(tables, { family: tableFamily, name, ...(told === undefined ? {} : { comment: told }) });
      return;
    }
    case 'chain': {
      const chain = parsed(chainSchema, value, 'a chain');
      const open = openTable(tables, { family: chain.family, name: chain.table });
      addChain(open, chain);
      return;
    }
    case 'rule': {
      const rule = parsed(ruleSchema, value, 'a rule');
      const open = openTable(tables, { family: rule.family, name: rule.table });
      open.chains.get(rule.chain)?.rules.push(toRule(rule));
      return;
    }
    case 'set':
    case 'map': {
      const set = parsed(setSchema, value, `a ${kind}`);
      const { table } = openTable(tables, { family: set.family, name: set.table });
      const model = toSet(set);
      if ('valueType' in model) table.maps.push(model);
      else table.sets.push(model);
      return;
    }
    default: {
      const { family: tableFamily, table: name } = parsed(
        z.looseObject({ family, table: z.string() }),
        value,
        `a ${kind}`,
      );
      openTable(tables, { family: tableFamily, name }).other.push(JSON.stringify({ [kind]: value }));
    }
  }
}

function openTable(
  tables: Map<string, OpenTable>,
  told: Pick<NftablesTable, 'family' | 'name' | 'comment'>,
): OpenTable {
  const key = `${told.family} ${told.name}`;
  const known = tables.get(key);
  if (known) return known;
  const open: OpenTable = {
    table: { ...told, chains: [], sets: [], maps: [] },
    chains: new Map(),
    other: [],
  };
  tables.set(key, open);
  return open;
}

function addChain({ table, chains }: OpenTable, told: z.infer<typeof chainSchema>): void {
  const { name, type, hook, prio, policy, dev } = told;
  const chain: NftablesChain = {
    name,
    ...(told.comment === undefined ? {} : { comment: told.comment }),
    ...(type === undefined || hook === undefined
      ? {}
      : {
          base: {
            type,
            hook,
            priority: String(prio ?? 0),
            ...(policy === undefined ? {} : { policy }),
            ...(dev === undefined ? {} : { device: dev }),
          },
        }),
    rules: [],
  };
  chains.set(name, chain);
  table.chains.push(chain);
}

function toRule({ chain, expr, comment: told }: z.infer<typeof ruleSchema>): NftablesRule {
  const service = serviceOfChain(chain);
  const words = printStatements(expr);
  return {
    // A statement that has no words here is kept, with all of the rule, as nft gave it.
    expression: words === undefined ? JSON.stringify(expr) : withProtocolName(words),
    ...(told === undefined ? {} : { comment: told }),
    origin: UNKNOWN_ORIGIN,
    ...(service ? { service } : {}),
  };
}

function toSet(told: z.infer<typeof setSchema>): NftablesSet | NftablesMap {
  const { name, size, timeout, policy, elem = [] } = told;
  const type = typeText(told.type);
  const flags = typeof told.flags === 'string' ? [told.flags] : told.flags;
  const interval = told['gc-interval'];
  const other = [
    ...(policy === undefined ? [] : [`policy ${policy}`]),
    ...(interval === undefined ? [] : [`gc-interval ${interval}s`]),
  ];
  const set: NftablesSet = {
    name,
    type,
    ...(told.comment === undefined ? {} : { comment: told.comment }),
    ...(size === undefined ? {} : { size }),
    ...(flags === undefined ? {} : { flags }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(other.length === 0 ? {} : { other }),
    elements: elem.map((element) => toElement(element, { type, isMap: told.map !== undefined })),
  };
  return told.map === undefined ? set : { ...set, valueType: typeText(told.map) };
}

function typeText(type: z.infer<typeof setSchema>['type']): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return type.join(' . ');
  return `typeof ${printExpression(type['typeof']) ?? JSON.stringify(type['typeof'])}`;
}

function toElement(element: unknown, { type, isMap }: { type: string; isMap: boolean }): NftablesElement {
  const [keyPart, value] = isMap && Array.isArray(element) ? element : [element, undefined];
  const wrapped = elementSchema.safeParse(keyPart);
  const { val, comment: told, timeout, expires } = wrapped.success ? wrapped.data.elem : { val: keyPart };
  const other = [
    ...(timeout === undefined ? [] : [`timeout ${timeout}s`]),
    ...(expires === undefined ? [] : [`expires ${expires}s`]),
  ].join(' ');
  const read = {
    key: withProtocolNames(keyParts(val, type), type),
    ...(isMap ? { value: printVerdict(value) ?? printExpression(value) ?? JSON.stringify(value) } : {}),
    ...(told === undefined ? {} : { comment: told }),
  };
  const service = serviceOfElement(read);
  return {
    ...read,
    ...(other === '' ? {} : { other }),
    origin: UNKNOWN_ORIGIN,
    ...(service ? { service } : {}),
  };
}

function keyParts(value: unknown, type: string): string[] {
  const concatenated = z.looseObject({ concat: z.array(z.unknown()) }).safeParse(value);
  const parts = concatenated.success ? concatenated.data.concat : [value];
  const types = type.split(' . ');
  return parts.map((part, index) => printExpression(part, types[index] === 'mark') ?? JSON.stringify(part));
}
