import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ApiError, noSuchPath, unauthorized } from '../api-error.ts';
import type { ServerCertificates } from '../credentials/certificates.ts';
import { isAuthorized } from '../credentials/token.ts';
import type { Registry } from '../registry/registry.ts';
import { answerError, answerText } from './answer.ts';
import { DocumentHandler } from './document-handler.ts';
import { notAllowed, powerlessUser } from './impersonation.ts';
import { parseRequestPath } from './request-info.ts';
import { handleResource } from './resource-handler.ts';

export interface ApiListenerOptions {
  registry: Registry;
  documents: DocumentHandler;
  certificates: ServerCertificates;
  token: string;
  log(message: string): void;
}

/** Nothing but this machine reaches the lab. */
const host = '127.0.0.1';
/** Clients keep connections for longer than Node would: a request must not meet one that is being closed. */
const keepAliveMilliseconds = 5 * 60_000;

/** The server's HTTPS side. */
export class ApiListener {
  readonly #options: ApiListenerOptions;
  readonly #server: Server;

  constructor(options: ApiListenerOptions) {
    this.#options = options;
    const { certificate, privateKey } = options.certificates;
    this.#server = createServer(
      { cert: certificate, key: privateKey, keepAlive: true, noDelay: true, minVersion: 'TLSv1.2' },
      (request, response) => void this.#handle(request, response),
    );
    this.#server.keepAliveTimeout = keepAliveMilliseconds;
    this.#server.headersTimeout = keepAliveMilliseconds + 1000;
  }

  /**
   * Listens on the port, or on another where that is taken and need not be it.
   * Answers with the port it got.
   */
  async listen(port: number, required: boolean): Promise<number> {
    try {
      return await this.#listenOn(port);
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken) throw error;
      if (!required) return this.#listenOn(0);
      throw new Error(`Port ${port} of ${host} is taken. Stop what listens there, or choose another port.`, {
        cause: error,
      });
    }
  }

  #listenOn(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Ends every connection, watches among them. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      if (!(error instanceof ApiError)) {
        this.#options.log(
          `${request.method} ${request.url}: ${error instanceof Error ? error.stack : String(error)}`,
        );
      }
      if (response.headersSent) response.destroy();
      else await answerError(response, error);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { registry, documents, token } = this.#options;
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'https://localhost');
    if (!DocumentHandler.isPublic(path) && !isAuthorized(request.headers.authorization, token))
      throw unauthorized();
    if (await documents.handle({ request, response, path, query })) return;
    const info = parseRequestPath(path);
    if (info) {
      const found = registry.find(info);
      const resource = found?.namespaced || info.namespace === undefined ? found : undefined;
      const user = powerlessUser(request);
      if (resource && user !== undefined) throw notAllowed(user, request.method ?? '', info);
      if (resource) return handleResource(registry, resource, { info, request, response, query });
      if (await documents.handleReview(info, { request, response })) return;
      if (documents.serves(info)) throw noSuchPath();
    }
    answerText(response, 404, '404 page not found\n');
  }
}
