/** Label and field selectors: parsing what a request asks for, and matching objects. */
export { matchesFields, parseFieldSelector } from './field-selector.ts';
export {
  matchesLabels,
  parseLabelSelector,
  selectorFromObject,
} from './label-selector.ts';
/** A selector that cannot be understood: the message is the API server's own, of a 400 answer. */
export { SelectorError } from './selector-error.ts';
