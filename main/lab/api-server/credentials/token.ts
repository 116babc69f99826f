import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readIfThere, writePrivateFile } from './private-file.ts';

/** The bearer token of the cluster's only user, from its file or made there. */
export function bearerToken(path: string): string {
  const existing = readIfThere(path)?.trim();
  if (existing) return existing;
  const token = randomBytes(32).toString('base64url');
  writePrivateFile(path, `${token}\n`);
  return token;
}

/** Compares an Authorization header with the token in a time that tells nothing of where they differ. */
export function isAuthorized(header: string | undefined, token: string): boolean {
  const match = /^bearer +(?<token>\S+)$/i.exec(header ?? '');
  return timingSafeEqual(digest(match?.groups?.['token'] ?? ''), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
