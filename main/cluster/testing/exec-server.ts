/** Stands in for the `exec` subresource: speaks v5.channel.k8s.io as the API server does, and runs commands here. */
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface ExecTrouble {
  /** Programs that the image lacks. */
  lacks?: readonly string[];
  how?: 'forbidden' | 'cut-off' | 'slow' | 'nonsense';
}

export class ExecServer implements AsyncDisposable {
  trouble: ExecTrouble = {};
  /** What was asked to run, in which pod and container. */
  readonly asked: { path: string; container: string | null; argv: string[] }[] = [];
  readonly #server: Server = createServer((_request, response) => response.writeHead(404).end());
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('v5.channel.k8s.io') ? 'v5.channel.k8s.io' : false),
  });

  async listen(): Promise<string> {
    this.#server.on('upgrade', (request, stream, head) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const argv = url.searchParams.getAll('command');
      this.asked.push({ path: url.pathname, container: url.searchParams.get('container'), argv });
      if (this.trouble.how === 'forbidden') {
        const message = 'pods "client" is forbidden: User "somebody" cannot create resource "pods/exec"';
        const body = JSON.stringify({
          kind: 'Status',
          status: 'Failure',
          code: 403,
          reason: 'Forbidden',
          message,
        });
        stream.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
        return;
      }
      this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#run(socket, argv));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #run(socket: WebSocket, [program = '', ...args]: string[]): void {
    const say = (channel: number, text: string | Buffer): void =>
      socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
    const end = (status: object): void => {
      say(3, JSON.stringify({ metadata: {}, ...status }));
      socket.close();
    };
    if (this.trouble.how === 'slow') return;
    if (this.trouble.how === 'nonsense') {
      say(9, 'no such channel');
      say(3, '{ not JSON');
      return;
    }
    if (this.trouble.lacks?.includes(program)) {
      const message = `command terminated with non-zero exit code: exec: "${program}": executable file not found in $PATH: unknown`;
      end({ status: 'Failure', reason: 'InternalError', code: 500, message });
      return;
    }
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => {
      say(1, chunk);
      if (this.trouble.how === 'cut-off') socket.terminate();
    });
    child.stderr.on('data', (chunk: Buffer) => say(2, chunk));
    child.on('close', (code) => {
      if (socket.readyState !== socket.OPEN) return;
      const message = `command terminated with non-zero exit code: error executing command, exit code ${code}`;
      const details = { causes: [{ reason: 'ExitCode', message: String(code) }] };
      end(
        code === 0
          ? { status: 'Success' }
          : { status: 'Failure', reason: 'NonZeroExitCode', message, details },
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
