/**
 * The commands of nft, each in one line, as `nft -f` reads them and kube-proxy's own library writes them.
 *
 * Names need no quotes: the kernel takes letters, digits and `/\_.-` for them. Comments do, and cannot hold one.
 */
import type {
  NftablesChain,
  NftablesElement,
  NftablesMap,
  NftablesRule,
  NftablesSet,
  NftablesTable,
} from './model.ts';

/** Which table: `ip kube-proxy`. */
type TableName = Pick<NftablesTable, 'family' | 'name'>;
type SetOrMap = Omit<NftablesSet, 'elements'> | Omit<NftablesMap, 'elements'>;

export function addTable(table: TableName & Pick<NftablesTable, 'comment'>): string {
  const comment = table.comment === undefined ? '' : ` { comment ${quoted(table.comment)} ; }`;
  return `add table ${tableName(table)}${comment}`;
}

export function deleteTable(table: TableName): string {
  return `delete table ${tableName(table)}`;
}

export function addChain(table: TableName, { name, base, comment }: Omit<NftablesChain, 'rules'>): string {
  const properties = [
    ...(base
      ? [
          `type ${base.type} hook ${base.hook}${base.device === undefined ? '' : ` device ${quoted(base.device)}`} priority ${base.priority} ;`,
          ...(base.policy === undefined ? [] : [`policy ${base.policy} ;`]),
        ]
      : []),
    ...(comment === undefined ? [] : [`comment ${quoted(comment)} ;`]),
  ];
  const block = properties.length === 0 ? '' : ` { ${properties.join(' ')} }`;
  return `add chain ${tableName(table)} ${name}${block}`;
}

export function flushChain(table: TableName, name: string): string {
  return `flush chain ${tableName(table)} ${name}`;
}

export function deleteChain(table: TableName, name: string): string {
  return `delete chain ${tableName(table)} ${name}`;
}

export function addRule(table: TableName, chain: string, rule: NftablesRule): string {
  return `add rule ${tableName(table)} ${chain} ${printRuleText(rule)}`;
}

/** The rule with its comment. */
export function printRuleText({ expression, comment }: NftablesRule): string {
  return comment === undefined ? expression : `${expression} comment ${quoted(comment)}`;
}

export function addSetOrMap(table: TableName, set: SetOrMap): string {
  return `add ${kindOf(set)} ${tableName(table)} ${set.name} { ${setProperties(set).join(' ; ')} ; }`;
}

export function deleteSetOrMap(table: TableName, set: SetOrMap): string {
  return `delete ${kindOf(set)} ${tableName(table)} ${set.name}`;
}

/** What a set is, a property each, in the order in which nft prints them. */
export function setProperties(set: SetOrMap): string[] {
  const valueType = 'valueType' in set ? ` : ${set.valueType}` : '';
  const { type, size, flags = [], timeout, other = [], comment } = set;
  return [
    `${type.startsWith('typeof ') ? type : `type ${type}`}${valueType}`,
    ...(size === undefined ? [] : [`size ${size}`]),
    ...(flags.length === 0 ? [] : [`flags ${flags.join(',')}`]),
    ...(timeout === undefined ? [] : [`timeout ${printSeconds(timeout)}`]),
    ...other,
    ...(comment === undefined ? [] : [`comment ${quoted(comment)}`]),
  ];
}

export function addElement(table: TableName, set: string, element: NftablesElement): string {
  return `add element ${tableName(table)} ${set} { ${printElement(element)} }`;
}

/** By its key alone: what it is mapped to does not matter. */
export function deleteElement(table: TableName, set: string, { key }: NftablesElement): string {
  return `delete element ${tableName(table)} ${set} { ${key.join(' . ')} }`;
}

/** `10.254.0.1 . tcp . 443 comment "default/kubernetes:https" : goto reject-chain`. */
export function printElement({ key, value, comment, other }: NftablesElement): string {
  const parts = [
    key.join(' . '),
    ...(other === undefined ? [] : [other]),
    ...(comment === undefined ? [] : [`comment ${quoted(comment)}`]),
    ...(value === undefined ? [] : [`: ${value}`]),
  ];
  return parts.join(' ');
}

/** As nft prints a time: `1d2h3m4s`. */
export function printSeconds(seconds: number): string {
  const units: [unit: string, size: number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ];
  let left = seconds;
  let text = '';
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left %= size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

function kindOf(set: SetOrMap): string {
  return 'valueType' in set ? 'map' : 'set';
}

function tableName({ family, name }: TableName): string {
  return `${family} ${name}`;
}

function quoted(text: string): string {
  return `"${text}"`;
}
