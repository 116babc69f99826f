/**
 * What is put into each page: the preload in a world of its own, as a CommonJS module of the sandbox, and in the
 * page's world the other half of contextBridge. The two share the DOM, by whose events they speak, in order.
 */
import { randomBytes } from 'node:crypto';

export const worldName = 'Electron Isolated Context';
export const toMain = '__standInToMain';
export const fromMain = '__standInFromMain';

/** Runs in the page's world, first: puts there what the preload exposes, once and for all. */
export function mainWorldScript(secret: string): string {
  return `(${mainWorld})(${JSON.stringify(secret)})`;
}

function mainWorld(secret: string): void {
  const freeze = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) freeze(part);
      Object.freeze(value);
    }
    return value;
  };
  globalThis.addEventListener(secret, (event) => {
    event.stopImmediatePropagation();
    const { key, api } = (event as CustomEvent).detail;
    if (Object.hasOwn(globalThis, key))
      throw new Error(`Cannot bind an API on top of an existing property: ${key}`);
    Object.defineProperty(globalThis, key, { value: freeze(api), enumerable: true });
  });
  // The app denies every window; what it would say to another answer is not here.
  window.open = (url = 'about:blank') => {
    const detail = new URL(url, location.href).href;
    globalThis.dispatchEvent(new CustomEvent(`${secret}-open`, { detail }));
    return null;
  };
}

/** Runs in the preload's world: the modules that the sandbox has, then the preload. */
export function isolatedWorldScript(options: { secret: string; preload: string; platform: string }): string {
  const { secret, preload, platform } = options;
  const words = JSON.stringify({ secret, platform, toMain, fromMain });
  return [
    `if (window === window.top && location.href !== 'about:blank') {`,
    `const { require, process, failed } = (${isolatedWorld})(${words});`,
    'try { (function (exports, require, module, process) {',
    preload,
    '\n})({}, require, { exports: {} }, process); } catch (error) { failed(error); }',
    '}',
  ].join('\n');
}

interface Words {
  secret: string;
  platform: string;
  toMain: string;
  fromMain: string;
}

interface Sandbox {
  require: (name: string) => unknown;
  process: unknown;
  failed: (error: unknown) => void;
}

function isolatedWorld({ secret, platform, toMain: out, fromMain: back }: Words): Sandbox {
  const world = globalThis as unknown as Record<string, (message: string) => void>;
  const tell = (message: object): void => world[out]?.(JSON.stringify(message));
  const listeners = new Map<string, ((event: unknown, ...args: unknown[]) => void)[]>();
  const ports = new Map<number, MessagePort>();
  let nextPort = 1;

  const pack = (data: unknown): unknown => {
    if (typeof data === 'string') return data;
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    if (!(bytes instanceof Uint8Array)) return { json: JSON.stringify(data) };
    return { base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) };
  };
  const unpack = (data: string | { base64: string } | { json: string }): unknown => {
    if (typeof data === 'string') return data;
    if ('json' in data) return JSON.parse(data.json);
    return Uint8Array.from(atob(data.base64), (letter) => letter.charCodeAt(0)).buffer;
  };
  const give = (port: MessagePort): number => {
    const number = nextPort++;
    ports.set(number, port);
    port.addEventListener('message', ({ data }) => tell({ type: 'port', port: number, data: pack(data) }));
    port.addEventListener('close', () => tell({ type: 'portClosed', port: number }));
    port.start();
    return number;
  };
  world[back] = (text) => {
    const message = JSON.parse(text);
    if (message.type === 'port') ports.get(message.port)?.postMessage(unpack(message.data));
    else if (message.type === 'closePort') ports.get(message.port)?.close();
    else for (const listener of listeners.get(message.channel) ?? []) listener({}, ...message.args);
  };

  globalThis.addEventListener(`${secret}-open`, (event) =>
    tell({ type: 'open', url: (event as CustomEvent<string>).detail }),
  );

  const modules: Record<string, unknown> = {
    electron: {
      contextBridge: {
        exposeInMainWorld: (key: string, api: unknown) =>
          globalThis.dispatchEvent(new CustomEvent(secret, { detail: structuredClone({ key, api }) })),
      },
      ipcRenderer: {
        on: (channel: string, listener: (event: unknown, ...args: unknown[]) => void) => {
          listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
        },
        send: (channel: string, ...args: unknown[]) => tell({ type: 'send', channel, args, ports: [] }),
        postMessage: (channel: string, message: unknown, transfer: MessagePort[] = []) =>
          tell({ type: 'send', channel, args: [message], ports: transfer.map(give) }),
      },
    },
  };
  return {
    require: (name) => {
      if (!Object.hasOwn(modules, name)) throw new Error(`module not found: ${name}`);
      return modules[name];
    },
    process: Object.freeze({ platform, type: 'renderer', sandboxed: true, contextIsolated: true }),
    failed: (error) => tell({ type: 'preloadFailed', error: String(error) }),
  };
}

export function newSecret(): string {
  return `stand-in-${randomBytes(16).toString('hex')}`;
}
