import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openApiV2, openApiV3, openApiV3Index } from '../../../../app/kubernetes/openapi/documents.ts';
import { methodNotAllowed } from '../api-error.ts';
import type { ApiGroups } from '../discovery/api-groups.ts';
import { answered, reviews } from '../discovery/reviews.ts';
import { kubernetesVersion, versionDocument } from '../discovery/version.ts';
import { answer, answerText } from './answer.ts';
import { powerlessUser } from './impersonation.ts';
import { parseMediaTypes } from './media-types.ts';
import { readBody } from './request-body.ts';
import type { RequestInfo } from './request-info.ts';

/** What the server says about itself: health, version, discovery, OpenAPI. */
export class DocumentHandler {
  readonly #groups: ApiGroups;
  readonly #address: () => string;
  /** Ready-made answers; what they say never changes while the server runs. */
  readonly #cache = new Map<string, { text: string; etag: string }>();

  constructor(groups: ApiGroups, address: () => string) {
    this.#groups = groups;
    this.#address = address;
  }

  /** Paths that need no token, as on a real cluster. */
  static isPublic(path: string): boolean {
    return /^\/(healthz|livez|readyz)(\/|$)/.test(path) || path === '/version';
  }

  /** Answers where the path is one of these documents'; says whether it was. */
  async handle(exchange: {
    request: IncomingMessage;
    response: ServerResponse;
    path: string;
    query: URLSearchParams;
  }): Promise<boolean> {
    const { request, response, path, query } = exchange;
    const health = /^\/(?<check>healthz|livez|readyz)(\/.*)?$/.exec(path)?.groups?.['check'];
    if (health) {
      answerText(response, 200, query.has('verbose') ? verboseHealth(health) : 'ok');
      return true;
    }
    if (path === '/openapi/v2' && prefersProtobuf(request.headers.accept ?? '')) {
      // As asked for, but for the character that a Content-Type cannot have.
      response.writeHead(200, { 'Content-Type': openApiProtobufType.replace('@', '.') });
      response.end(openApiProtobuf());
      return true;
    }
    const document = await this.#document(path.replace(/(?<=.)\/$/, ''), request.headers.accept ?? '');
    if (!document) return false;
    await this.#send(exchange, document);
    return true;
  }

  /** Whether the group and version of a path are there, whatever the rest of it is. */
  serves({ group, version }: Pick<RequestInfo, 'group' | 'version'>): boolean {
    return this.#groups.has(group, version);
  }

  /** Answers a review. @throws ApiError */
  async handleReview(
    info: RequestInfo,
    { request, response }: { request: IncomingMessage; response: ServerResponse },
  ): Promise<boolean> {
    const review = reviews.find(
      (item) => item.group === info.group && item.version === info.version && item.resource === info.resource,
    );
    if (!review) return false;
    if (request.method !== 'POST') throw methodNotAllowed();
    const { json } = await readBody(request);
    await answer(response, { code: 201, value: answered(review, json, powerlessUser(request)) });
    return true;
  }

  async #document(
    path: string,
    accept: string,
  ): Promise<{ value: () => Promise<unknown>; type?: string } | undefined> {
    const aggregated = wantsAggregated(accept);
    const groups = this.#groups;
    const openApi = { resources: groups.openApiResources(), version: kubernetesVersion };
    switch (path) {
      case '/':
        return { value: async () => ({ paths: this.#paths() }) };
      case '/version':
        return { value: async () => versionDocument() };
      case '/api':
        if (aggregated) return { value: async () => groups.aggregated('api'), type: aggregated };
        return { value: async () => groups.coreVersions(this.#address()) };
      case '/apis':
        if (aggregated) return { value: async () => groups.aggregated('apis'), type: aggregated };
        return { value: async () => groups.groupList() };
      case '/openapi/v2':
        return { value: () => openApiV2(openApi) };
      case '/openapi/v3':
        return { value: async () => openApiV3Index(openApi) };
    }
    const groupVersion = this.#groupVersion(path.replace(/^\/openapi\/v3\//, '/'));
    if (groupVersion && path.startsWith('/openapi/v3/'))
      return { value: () => openApiV3(groupVersion, openApi) };
    if (groupVersion)
      return { value: async () => groups.resourceList(groupVersion.group, groupVersion.version) };
    const group = /^\/apis\/([^/]+)$/.exec(path)?.[1];
    const document = group === undefined ? undefined : groups.group(group);
    return document === undefined ? undefined : { value: async () => document };
  }

  #groupVersion(path: string): { group: string; version: string } | undefined {
    const match = /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)$/.exec(path);
    if (!match) return undefined;
    const { group = '', version = '' } = match.groups ?? {};
    return this.#groups.has(group, version) ? { group, version } : undefined;
  }

  async #send(
    { request, response, path, query }: Parameters<DocumentHandler['handle']>[0],
    { value, type = 'application/json' }: { value: () => Promise<unknown>; type?: string },
  ): Promise<void> {
    const key = `${path} ${type}`;
    let made = this.#cache.get(key);
    if (!made) {
      const text = `${JSON.stringify(await value())}\n`;
      made = { text, etag: `"${createHash('sha256').update(text).digest('hex').toUpperCase()}"` };
      // The OpenAPI documents are large and asked for seldom; clients keep them by their ETag.
      if (!path.startsWith('/openapi')) this.#cache.set(key, made);
    }
    const headers = {
      ETag: made.etag,
      Vary: 'Accept',
      'Cache-Control':
        path.startsWith('/openapi/v3/') && query.has('hash') ? 'public, immutable' : 'no-cache, private',
    };
    if (request.headers['if-none-match'] === made.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, {
      ...headers,
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(made.text),
    });
    response.end(made.text);
  }

  #paths(): string[] {
    const groups = this.#groups
      .groups()
      .flatMap(({ group, version }) =>
        group === '' ? [`/api/${version}`] : [`/apis/${group}`, `/apis/${group}/${version}`],
      );
    return [
      ...groups,
      '/api',
      '/apis',
      '/healthz',
      '/livez',
      '/openapi/v2',
      '/openapi/v3',
      '/readyz',
      '/version',
    ].sort();
  }
}

/** The content type of the aggregated form where the client asks for it first. */
function wantsAggregated(accept: string): string | undefined {
  const [first] = parseMediaTypes(accept);
  const { as, g, v } = first?.parameters ?? {};
  if (as !== 'APIGroupDiscoveryList' || g !== 'apidiscovery.k8s.io' || v !== 'v2') return undefined;
  return 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
}

/** In which older clients want the OpenAPI document of version 2. */
const openApiProtobufType = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

function prefersProtobuf(accept: string): boolean {
  return parseMediaTypes(accept)[0]?.type === openApiProtobufType;
}

/**
 * The document in protobuf: its head alone. kubectl falls back to it for kinds that it has not found in
 * version 3, which are those that are not served, and only wants to be told that they are not there.
 */
function openApiProtobuf(): Buffer {
  const field = (number: number, content: string | Buffer): Buffer => {
    const bytes = Buffer.from(content as string);
    return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  };
  const info = Buffer.concat([field(1, 'Kubernetes'), field(2, kubernetesVersion)]);
  const paths = Buffer.alloc(0);
  return Buffer.concat([field(1, '2.0'), field(2, info), field(8, paths)]);
}

function verboseHealth(check: string): string {
  return `[+]ping ok\n[+]log ok\n[+]objects ok\n${check} check passed\n`;
}
