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

class HttpRequester implements Requester {
  readonly #plan: ProbePlan;
  readonly #agent: Agent;

  constructor(plan: ProbePlan) {
    this.#plan = plan;
    this.#agent = new Agent({ keepAlive: plan.keepAlive, maxSockets: 1 });
  }

  request(): Promise<Answer> {
    const { address, port, timeoutMs } = this.#plan;
    const startedAt = performance.now();
    const seen = { connected: false, answerBegan: false };
    return new Promise<Answer>((resolve, reject) => {
      let connectMs: number | undefined;
      const request = httpRequest({ host: address, port, path: '/', agent: this.#agent }, (response) => {
        seen.answerBegan = true;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < MOST_TEXT) text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          clearTimeout(timer);
          resolve({ text, ...(connectMs === undefined ? {} : { connectMs }) });
        });
      });
      const timer = setTimeout(() => request.destroy(new ProbeFailure('timed-out', 'ETIMEDOUT')), timeoutMs);
      request.on('socket', (socket) => {
        if (!socket.connecting) {
          seen.connected = true;
          return;
        }
        socket.once('connect', () => {
          seen.connected = true;
          connectMs = performance.now() - startedAt;
        });
      });
      request.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      request.end();
    }).catch((error: unknown) => {
      throw classify(error, seen);
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
    if (this.#socket) {
      await this.#line(this.#socket, true);
      return { text: this.#who };
    }
    const startedAt = performance.now();
    const socket = await this.#open();
    const connectMs = performance.now() - startedAt;
    const text = await this.#line(socket, false).catch((error: unknown) => {
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
    return { text, connectMs };
  }

  #open(): Promise<Socket> {
    const { address, port, timeoutMs } = this.#plan;
    return new Promise((resolve, reject) => {
      const socket = connect(port, address);
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

  #line(socket: Socket, answerBegan: boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = '';
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        socket.off('data', onData).off('error', onError).off('close', onClose).off('end', onClose);
        finish();
      };
      const onData = (chunk: Buffer): void => {
        text += chunk.toString();
        if (text.includes('\n') || text.length >= MOST_TEXT) settle(() => resolve(text));
      };
      const onError = (error: Error): void =>
        settle(() => reject(classify(error, { connected: true, answerBegan })));
      const onClose = (): void =>
        settle(() => (text ? resolve(text) : reject(new ProbeFailure('closed-without-answer', 'EOF'))));
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
    const { address, port } = this.#plan;
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => reject(classify(error, { connected: false, answerBegan: false })));
      socket.connect(port, address, () => {
        socket.removeAllListeners('error');
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
