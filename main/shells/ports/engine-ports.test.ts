import { describe, expect, it } from 'vitest';
import { EnginePorts } from './engine-ports.ts';
import { packPortData, unpackPortData } from './port-messages.ts';

function ports(): { sent: unknown[]; said: unknown[]; ports: EnginePorts; reply: (text: string) => void } {
  const sent: unknown[] = [];
  const said: unknown[] = [];
  let reply: (text: string) => void = () => {};
  const made = new EnginePorts({
    send: (message) => sent.push(message),
    answer: (port) => {
      reply = (text) => port.postMessage(text);
      port.on('message', (event) => said.push(event?.data));
      port.on('close', () => said.push('closed'));
    },
  });
  return { sent, said, ports: made, reply: (text) => reply(text) };
}

describe('the ports of the engine', () => {
  it('hands a message to its port, and an answer back with the number of the port', () => {
    const { sent, said, ports: engine, reply } = ports();
    engine.take({ type: 'open', port: 7 });
    engine.take({ type: 'message', port: 7, data: 'hello' });
    reply('good day');
    expect(said).toEqual(['hello']);
    expect(sent).toEqual([{ type: 'message', port: 7, data: 'good day' }]);
  });

  it('keeps what answers late for a page that has gone', () => {
    const { sent, said, ports: engine, reply } = ports();
    engine.take({ type: 'open', port: 1 });
    engine.take({ type: 'close', port: 1 });
    engine.take({ type: 'message', port: 1, data: 'anyone?' });
    reply('too late');
    expect(said).toEqual(['closed']);
    expect(sent).toEqual([]);
  });

  it.each([
    ['a text', 'text', 'text'],
    ['bytes', new Uint8Array([0, 1, 255]), new Uint8Array([0, 1, 255])],
    ['a part of a buffer', new Uint8Array([9, 1, 2, 9]).subarray(1, 3), new Uint8Array([1, 2])],
    ['a buffer', new Uint8Array([3, 4]).buffer, new Uint8Array([3, 4])],
  ])('carries %s as JSON and back', (_what, data, back) => {
    expect(unpackPortData(JSON.parse(JSON.stringify(packPortData(data))))).toEqual(back);
  });

  it('refuses what no port of ours carries', () => {
    expect(() => packPortData({ an: 'object' })).toThrow(TypeError);
  });
});
