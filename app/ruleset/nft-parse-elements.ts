/** Reads the elements of sets and maps as nft prints them between braces. */
import type { NftablesElement } from './model.ts';
import { withProtocolNames } from './nft-protocols.ts';
import { serviceOfElement } from './nft-service-names.ts';
import { UNKNOWN_ORIGIN } from './origin.ts';

/**
 * @param text without the braces: `10.254.0.1 . tcp . 443 comment "a/b" : goto c, 10.254.0.2 . udp . 53 : drop`.
 * @param type of the keys: `ipv4_addr . inet_proto . inet_service`
 */
export function parseElements(text: string, type: string): NftablesElement[] {
  return splitOutsideQuotes(text, /,\s*/).flatMap((part) => (part === '' ? [] : [parseElement(part, type)]));
}

/** Words that end the key: what the kernel says about the element. */
const ATTRIBUTES = / (?=(?:timeout|expires|counter|quota|limit|last|ct count|connlimit|comment)(?: |$))/;

function parseElement(text: string, type: string): NftablesElement {
  const [left = '', value] = splitOutsideQuotes(text, / : /);
  const [key = '', ...attributes] = splitOutsideQuotes(left, ATTRIBUTES);
  const comment = attributes.flatMap((attribute) => /^comment "(.*)"$/.exec(attribute)?.[1] ?? [])[0];
  const other = attributes.filter((attribute) => !attribute.startsWith('comment ')).join(' ');
  const told = {
    key: withProtocolNames(key.split(' . '), type),
    ...(value === undefined ? {} : { value }),
    ...(comment === undefined ? {} : { comment }),
  };
  const service = serviceOfElement(told);
  return {
    ...told,
    ...(other === '' ? {} : { other }),
    origin: UNKNOWN_ORIGIN,
    ...(service ? { service } : {}),
  };
}

/** Splits at matches that are not within double quotes. */
function splitOutsideQuotes(text: string, separator: RegExp): string[] {
  if (!text.includes('"')) return text.split(separator);
  // What is quoted cannot hold a quote: masked, it cannot hold a separator either.
  const quoted: string[] = [];
  const masked = text.replace(/"[^"]*"/g, (found) => `"${quoted.push(found) - 1}"`);
  return masked
    .split(separator)
    .map((part) => part.replace(/"(\d+)"/g, (_, index) => quoted[Number(index)] ?? ''));
}
