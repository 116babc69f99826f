/**
 * Asks addresses who answers there, from the place it runs in. Reads questions as JSON on standard input, prints one
 * line of JSON with an outcome each. Given to `node` as a text, because it runs as a user who may not read the checkout.
 *
 * argv: PATIENCE_MS, how long to wait for an answer where one is expected.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

interface Question {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** How many different endpoints are expected; asked until so many have answered, and some times more. */
  readonly expected: number;
  /** Asked while no other question of its kind is: what others ask has a part in who answers. */
  readonly alone: boolean;
  /** Somebody is expected to say no, which the kernel does a few times a second only. */
  readonly refused: boolean;
}

interface Outcome {
  /** Endpoints that answered: `address:port`. */
  answers: string[];
  /** What else happened: `refused`, `no answer`, or the system's own word. */
  failures: string[];
}

const patienceMs = Number(process.argv.at(-1));
/** Where nothing is expected, nobody waits long. */
const SILENCE_MS = 800;
const LEAST_REQUESTS = 6;
const MOST_REQUESTS = 150;

function endpointOf(text: string): string {
  const { address, port } = JSON.parse(text) as { address: string; port: number };
  return `${address}:${port}`;
}

/** A line for a line: the pods' server tells plain TCP from HTTP by what comes first, however late it comes. */
function askTcp({ address, port }: Question, timeout: number): Promise<string> {
  const socket = connect({ host: address, port, timeout });
  return new Promise<string>((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write('?\n'));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(endpointOf(text.slice(0, text.indexOf('\n'))));
    });
    socket.on('timeout', () => reject(new Error('no answer')));
    socket.on('end', () => reject(new Error('closed')));
    socket.on('error', reject);
  }).finally(() => socket.destroy());
}

function askUdp({ address, port }: Question, timeout: number): Promise<string> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), timeout);
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      end();
    };
    socket.on('error', (error) => settle(() => reject(error)));
    socket.on('message', (message) => settle(() => resolve(endpointOf(String(message)))));
    socket.send('?', port, address, (error) => error && settle(() => reject(error)));
  }).finally(() => socket.close());
}

function wordFor(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' ? 'refused' : (code ?? message);
}

async function ask(question: Question): Promise<Outcome> {
  const answers = new Set<string>();
  const failures = new Set<string>();
  const { expected, protocol, refused } = question;
  const timeout = expected > 0 || refused ? patienceMs : SILENCE_MS;
  const most = expected > 0 ? MOST_REQUESTS : 1;
  for (let count = 0; count < most; count++) {
    if (count >= LEAST_REQUESTS && answers.size >= expected) break;
    try {
      answers.add(await (protocol === 'UDP' ? askUdp(question, timeout) : askTcp(question, timeout)));
    } catch (error) {
      failures.add(wordFor(error));
      if (expected > 0) break;
    }
  }
  return { answers: [...answers].sort(), failures: [...failures].sort() };
}

let input = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) input += String(chunk);
const questions = JSON.parse(input) as Question[];
const outcomes: Outcome[] = [];
await Promise.all(
  questions.map(async (question, index) => {
    if (!question.alone) outcomes[index] = await ask(question);
  }),
);
for (const [index, question] of questions.entries()) {
  if (question.alone) outcomes[index] = await ask(question);
}
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
