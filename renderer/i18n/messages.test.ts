import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

type Tree = { [key: string]: string | Tree };

const root = join(import.meta.dirname, '..');
const folder = (language: string): string => join(import.meta.dirname, 'messages', language);
const namespaces = [...new Set(['en', 'zh'].flatMap((language) => readdirSync(folder(language))))].sort();

function flat(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  );
}

function messages(language: string): Map<string, string> {
  return new Map(
    namespaces.flatMap((file) => {
      const tree = JSON.parse(readFileSync(join(folder(language), file), 'utf8')) as Tree;
      return flat(tree, `${file.replace(/\.json$/, '')}:`);
    }),
  );
}

/** A key without the plural that i18next puts behind it; Chinese has but one. */
const singular = (key: string): string => key.replace(/_(zero|one|two|few|many|other)$/, '');

const parameters = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{\{\s*([\w.]+)/g)].map(([, name = '']) => name))].sort();

const en = messages('en');
const zh = messages('zh');
const enKeys = new Set([...en.keys()].map(singular));
const zhKeys = new Set([...zh.keys()].map(singular));

function sources(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name);
    if (entry.isDirectory()) return entry.name === 'messages' ? [] : sources(child);
    return /\.(ts|svelte)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [child] : [];
  });
}

interface Use {
  file: string;
  /** As written; `${…}` stands for a part that data decides. */
  key: string;
}

const known = namespaces.map((file) => file.replace(/\.json$/, '')).join('|');
const literal = new RegExp(`(['"\`])((?:${known}):(?:[\\w-]|\\.|\\$\\{[^}]*\\})+)\\1`, 'g');

const uses: Use[] = sources(root).flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(literal)].map(([, , key = '']) => ({
    file: file.slice(root.length + 1),
    key,
  })),
);

/** What a use may mean: the data's part is one word of a key. */
const pattern = (key: string): RegExp =>
  new RegExp(
    `^${key
      .split(/\$\{[^}]*\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\w-]+')}$`,
  );

describe('messages', () => {
  test('have the same keys in both languages', () => {
    expect({
      'not in Chinese': [...enKeys].filter((key) => !zhKeys.has(key)),
      'not in English': [...zhKeys].filter((key) => !enKeys.has(key)),
    }).toEqual({ 'not in Chinese': [], 'not in English': [] });
  });

  test('have the plurals of their language', () => {
    const lacking = (all: Map<string, string>, needed: string[]): string[] =>
      [...all.keys()]
        .filter((key) => key !== singular(key))
        .flatMap((key) => needed.map((plural) => `${singular(key)}_${plural}`))
        .filter((key) => !all.has(key));
    expect(lacking(en, ['one', 'other'])).toEqual([]);
    expect(lacking(zh, ['other'])).toEqual([]);
  });

  test('take the same parameters in both languages', () => {
    const ofKey = (all: Map<string, string>): Map<string, string[]> => {
      const found = new Map<string, string[]>();
      for (const [key, text] of all) {
        const name = singular(key);
        found.set(name, [...new Set([...(found.get(name) ?? []), ...parameters(text)])].sort());
      }
      return found;
    };
    const [english, chinese] = [ofKey(en), ofKey(zh)];
    // The count that chooses the plural need not be said in it.
    const told = (names: string[] = []): string[] => names.filter((name) => name !== 'count');
    const differing = [...english].filter(([key, names]) => {
      return JSON.stringify(told(names)) !== JSON.stringify(told(chinese.get(key)));
    });
    expect(differing.map(([key, names]) => `${key}: ${names} / ${chinese.get(key)}`)).toEqual([]);
  });

  test('say something', () => {
    expect([...en, ...zh].filter(([, text]) => text.trim() === '').map(([key]) => key)).toEqual([]);
  });

  test('are there for every key that is used', () => {
    const missing = uses.filter(({ key }) => ![...enKeys].some((one) => pattern(key).test(one)));
    expect(missing.map(({ file, key }) => `${file}: ${key}`)).toEqual([]);
  });

  test('are all used', () => {
    const patterns = [...new Set(uses.map(({ key }) => key))].map(pattern);
    expect([...enKeys].filter((key) => !patterns.some((one) => one.test(key)))).toEqual([]);
  });
});
