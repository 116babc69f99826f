/**
 * YAML as Kubernetes reads it: YAML 1.1 (an unquoted `yes` is true, `0644` is octal), but without the tags
 * that have no counterpart in JSON or surprise everybody: `22:22` is text, and so is a date.
 */
import type { DocumentOptions, ParseOptions, SchemaOptions } from 'yaml';

const DROPPED_TAGS = ['timestamp', 'binary', 'omap', 'pairs', 'set'].map((tag) => `tag:yaml.org,2002:${tag}`);
const SEXAGESIMAL = 'TIME';

export const KUBERNETES_YAML: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  logLevel: 'error',
  customTags: (tags) =>
    tags.filter((tag) => {
      if (typeof tag === 'string') return true;
      return !DROPPED_TAGS.includes(tag.tag) && !('format' in tag && tag.format === SEXAGESIMAL);
    }),
};
