/** One request at a time, in each of the protocols; an instance keeps its connection where it is asked to. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { Agent, request as httpRequest } from 'node:http';
import { connect, isIPv6, type Socket } from 'node:net';
import { classify, ProbeFailure } from './failure.ts';
import type { ProbePlan } from './plan.ts';

export interface Answer {
  /** What came back, at most some kilobytes. */
  text: string;
  /** Milliseconds until the connection stood; absent where an old one served, and for UDP. */
  connectMs?: number;
  /** Milliseconds until its first byte; absent for UDP. */
  firstByteMs?: number;
}

/** Sends one request and gives the answer; rejects with ProbeFailure. */
export interface Requester {
  request(): Promise<Answer>;
  close(): void;
}

const MOST_TEXT = 4096;

export function requesterFor(plan: ProbePlan): Requester {
  switch (plan.protocol) {
    case 'http':
      return new HttpRequester(plan);
    case 'tcp':
      return new TcpRequester(plan);
    case 'udp':
      return new UdpRequester(plan);
  }
}

/** What another server said in place of HTTP; undefined for any other error. */
function answerThatIsNotHttp(error: Error): string | undefined {
  const { code, rawPacket } = error as { code?: string; rawPacket?: Buffer };
  return code?.startsWith('HPE_') && rawPacket ? rawPacket.toString('utf8', 0, MOST_TEXT) : undefined;
}

class HttpRequester implements Requester {
  readonly #plan: ProbePlan;
  readonly #agent: Agent;

  constructor(plan: ProbePlan) {
    this.#plan = plan;
    this.#agent = new Agent({ keepAlive: plan.keepAlive, maxSockets: 1 });
  }

  request(): Promise<Answer> {
    const { address, port, localAddress, timeoutMs } = this.#plan;
    const startedAt = performance.now();
    const seen = { connected: false, answerBegan: false };
    const times: Pick<Answer, 'connectMs' | 'firstByteMs'> = {};
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        finish();
      };
      const fail = (error: Error): void => {
        const other = answerThatIsNotHttp(error);
        settle(() =>
          other === undefined ? reject(classify(error, seen)) : resolve({ text: other, ...times }),
        );
      };
      const options = { host: address, port, path: '/', agent: this.#agent, localAddress };
      const request = httpRequest(options, (response) => {
        seen.answerBegan = true;
        times.firstByteMs = performance.now() - startedAt;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < MOST_TEXT) text += chunk;
        });
        response.on('error', fail);
        response.on('end', () => settle(() => resolve({ text, ...times })));
      });
      const timer = setTimeout(() => {
        // Before the request's own error, which would be of its being broken off.
        reject(new ProbeFailure('timed-out', 'ETIMEDOUT'));
        request.destroy();
      }, timeoutMs);
      request.on('socket', (socket) => {
        seen.connected = !socket.connecting;
        if (socket.connecting) {
          socket.once('connect', () => {
            seen.connected = true;
            times.connectMs = performance.now() - startedAt;
          });
        }
      });
      request.on('error', fail);
      request.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Says a line and takes the line that comes back; the pod's first line says who it is. */
class TcpRequester implements Requester {
  readonly #plan: ProbePlan;
  #socket: Socket | undefined;
  #who = '';

  constructor(plan: ProbePlan) {
    this.#plan = plan;
  }

  async request(): Promise<Answer> {
    const startedAt = performance.now();
    if (this.#socket) {
      const { firstByteAt } = await this.#line(this.#socket, true);
      return { text: this.#who, firstByteMs: firstByteAt - startedAt };
    }
    const socket = await this.#open();
    const connectMs = performance.now() - startedAt;
    const { text, firstByteAt } = await this.#line(socket, false).catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
    if (this.#plan.keepAlive) {
      this.#socket = socket;
      this.#who = text;
      socket.on('close', () => {
        this.#socket = undefined;
      });
    } else socket.destroy();
    return { text, connectMs, firstByteMs: firstByteAt - startedAt };
  }

  #open(): Promise<Socket> {
    const { address, port, localAddress, timeoutMs } = this.#plan;
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: address, localAddress });
      const timer = setTimeout(() => socket.destroy(new ProbeFailure('timed-out', 'ETIMEDOUT')), timeoutMs);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(classify(error, { connected: false, answerBegan: false }));
      };
      socket.once('error', fail);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', fail);
        // What happens between two requests is the next one's to find.
        socket.on('error', () => {});
        socket.setNoDelay(true);
        resolve(socket);
      });
    });
  }

  #line(socket: Socket, answerBegan: boolean): Promise<{ text: string; firstByteAt: number }> {
    return new Promise((resolve, reject) => {
      let text = '';
      let firstByteAt = 0;
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        socket.off('data', onData).off('error', onError).off('close', onClose).off('end', onClose);
        finish();
      };
      const onData = (chunk: Buffer): void => {
        firstByteAt ||= performance.now();
        text += chunk.toString();
        if (text.includes('\n') || text.length >= MOST_TEXT) settle(() => resolve({ text, firstByteAt }));
      };
      const onError = (error: Error): void =>
        settle(() => reject(classify(error, { connected: true, answerBegan })));
      const onClose = (): void =>
        settle(() =>
          text ? resolve({ text, firstByteAt }) : reject(new ProbeFailure('closed-without-answer', 'EOF')),
        );
      const timer = setTimeout(
        () => settle(() => reject(new ProbeFailure('timed-out', 'ETIMEDOUT'))),
        this.#plan.timeoutMs,
      );
      socket.on('data', onData).on('error', onError).on('close', onClose).on('end', onClose);
      socket.write('\n');
    });
  }

  close(): void {
    this.#socket?.destroy();
  }
}

class UdpRequester implements Requester {
  readonly #plan: ProbePlan;
  #socket: UdpSocket | undefined;

  constructor(plan: ProbePlan) {
    this.#plan = plan;
  }

  async request(): Promise<Answer> {
    const socket = this.#socket ?? (await this.#open());
    try {
      const text = await this.#datagram(socket);
      if (this.#plan.keepAlive) this.#socket = socket;
      else socket.close();
      return { text };
    } catch (error) {
      this.#socket = undefined;
      socket.close();
      throw error;
    }
  }

  /** Connected, so that a refusal (ICMP port unreachable) comes back as an error of this socket. */
  #open(): Promise<UdpSocket> {
    const { address, port, localAddress } = this.#plan;
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        socket.close();
        reject(classify(error, { connected: false, answerBegan: false }));
      };
      socket.once('error', fail);
      if (localAddress) socket.bind(0, localAddress);
      // Where there is no way to the address it is the callback that is given the error.
      socket.connect(port, address, (error?: Error | null) => {
        socket.removeAllListeners('error');
        if (error) return fail(error);
        socket.on('error', () => {});
        resolve(socket);
      });
    });
  }

  #datagram(socket: UdpSocket): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        socket.off('message', onMessage).off('error', onError);
        finish();
      };
      const onMessage = (message: Buffer): void =>
        settle(() => resolve(message.toString('utf8', 0, MOST_TEXT)));
      const onError = (error: Error): void =>
        settle(() => reject(classify(error, { connected: false, answerBegan: false })));
      const timer = setTimeout(
        () => settle(() => reject(new ProbeFailure('timed-out', 'ETIMEDOUT'))),
        this.#plan.timeoutMs,
      );
      socket.on('message', onMessage).on('error', onError);
      socket.send('?\n');
    });
  }

  close(): void {
    this.#socket?.close();
  }
}
