/**
 * The files of the built user interface, by their path in a URL. All are listed once: what is not in the list
 * is not served, so that no path, however written, leads out of the folder.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface PageFile {
  /** Absolute. */
  file: string;
  contentType: string;
  /** Its name changes with its content: it may be kept for good. */
  immutable: boolean;
}

const CONTENT_TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  json: 'application/json; charset=utf-8',
  wasm: 'application/wasm',
};

function filesIn(folder: string, prefix: string): [string, PageFile][] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): [string, PageFile][] => {
    const path = `${prefix}/${entry.name}`;
    const file = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(file, path);
    const contentType = CONTENT_TYPES[entry.name.split('.').at(-1) ?? ''];
    // Links, source maps and what nobody knows are not for pages.
    if (!entry.isFile() || contentType === undefined) return [];
    return [[path, { file, contentType, immutable: prefix === '/assets' }]];
  });
}

export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;

  /** Throws where the folder is not there: the interface was not built. */
  constructor(folder: string) {
    this.#files = new Map(filesIn(folder, ''));
  }

  /** `pathname` is a URL's, as the browser wrote it. Undefined where there is no such file. */
  find(pathname: string): PageFile | undefined {
    return this.#files.get(pathname === '/' ? '/index.html' : pathname);
  }
}
