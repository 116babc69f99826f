/** The built user interface's files, compressed once. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

/** Compressed already, or too small to gain. */
const NOT_COMPRESSED = new Set(['.png', '.ico', '.woff2']);
const LEAST_COMPRESSED_BYTES = 1024;
/** A file without a compressed one beside it is compressed while somebody waits. */
const QUICK_QUALITY = 5;

/** `assets/index-BQ3x1aZ_.js`: another content has another name. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;

export type Encoding = 'br' | 'gzip';

export interface PageFile {
  mediaType: string;
  entityTag: string;
  cacheControl: string;
  content: Buffer;
  compressed(encoding: Encoding): Buffer | undefined;
}

export class PageFiles {
  readonly #folder: string;
  readonly #files = new Map<string, { changedAt: number; file: PageFile }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file behind a URL's path; undefined where there is none such. */
  find(urlPath: string): PageFile | undefined {
    const name = urlPath === '/' ? '/index.html' : urlPath;
    // Plain names alone, none that begins with a dot: no way leads out of the folder.
    if (!/^(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$/.test(name)) return undefined;
    const path = join(this.#folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats?.isFile()) return undefined;
    const known = this.#files.get(name);
    if (known?.changedAt === stats.mtimeMs) return known.file;
    const file = read(path, name);
    this.#files.set(name, { changedAt: stats.mtimeMs, file });
    return file;
  }
}

function read(path: string, name: string): PageFile {
  const content = readFileSync(path);
  const extension = extname(name);
  const compressible = content.length >= LEAST_COMPRESSED_BYTES && !NOT_COMPRESSED.has(extension);
  const made = new Map<Encoding, Buffer>();
  return {
    mediaType: MEDIA_TYPES[extension] ?? 'application/octet-stream',
    entityTag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    cacheControl: HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
    content,
    compressed(encoding) {
      if (!compressible) return undefined;
      let bytes = made.get(encoding);
      if (!bytes) {
        bytes = madeAtBuild(path, encoding) ?? compress(content, encoding);
        made.set(encoding, bytes);
      }
      return bytes;
    },
  };
}

/** One that is older than its file is of another content. */
function madeAtBuild(path: string, encoding: Encoding): Buffer | undefined {
  const beside = `${path}.${encoding === 'br' ? 'br' : 'gz'}`;
  const stats = statSync(beside, { throwIfNoEntry: false });
  return stats && stats.mtimeMs >= statSync(path).mtimeMs ? readFileSync(beside) : undefined;
}

function compress(content: Buffer, encoding: Encoding): Buffer {
  if (encoding === 'gzip') return gzipSync(content);
  return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: QUICK_QUALITY } });
}
