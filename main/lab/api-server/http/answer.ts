import type { ServerResponse } from 'node:http';
import { ApiError, internalError } from '../api-error.ts';
import type { Representation } from './media-types.ts';

/** Sends a value in the form asked for, with the warnings that go with it. */
export async function answer(
  response: ServerResponse,
  {
    code = 200,
    value,
    format = 'json',
    contentType,
    warnings = [],
  }: {
    code?: number;
    value: unknown;
    format?: Representation['format'];
    /** Where it says more than the format. */
    contentType?: string;
    warnings?: string[];
  },
): Promise<void> {
  const text = format === 'yaml' ? await toYaml(value) : `${JSON.stringify(value)}\n`;
  setWarnings(response, warnings);
  response.writeHead(code, {
    'Content-Type': contentType ?? `application/${format}`,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-cache, private',
  });
  response.end(text);
}

/** `Warning: 299 - "…"` for each, once. */
export function setWarnings(response: ServerResponse, warnings: string[]): void {
  const unique = [...new Set(warnings)];
  if (unique.length === 0) return;
  const quoted = unique.map(
    (text) => `299 - "${text.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?')}"`,
  );
  response.setHeader('Warning', quoted);
}

export function answerText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(text);
}

/** An error of any kind as the Status that a client understands. */
export async function answerError(response: ServerResponse, error: unknown): Promise<ApiError> {
  const refusal = error instanceof ApiError ? error : internalError(errorText(error));
  const status = refusal.status();
  if (refusal.details?.retryAfterSeconds)
    response.setHeader('Retry-After', refusal.details.retryAfterSeconds);
  await answer(response, { code: refusal.code, value: status });
  return refusal;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value);
}
