/** `WebContents`: a page, its preload, its navigation and its messages. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { app, preventable } from './app.ts';
import type { DevtoolsSession } from './devtools.ts';
import { type FromPage, PagePorts } from './ipc.ts';
import {
  fromMain,
  isolatedWorldScript,
  mainWorldScript,
  newSecret,
  toMain,
  worldName,
} from './preload-world.ts';
import { answerRequest, type PausedRequest } from './requests.ts';
import { defaultSession } from './session.ts';
import { state } from './state.ts';
import { toApp, toBrowser } from './urls.ts';

type OpenHandler = (details: { url: string; frameName: string; features: string }) => { action: string };

interface Context {
  id: number;
  name: string;
  auxData?: { frameId?: string };
}

export class WebContents extends EventEmitter {
  readonly session = defaultSession;
  readonly mainFrame = { parent: null, url: '' };
  readonly #preload: string | undefined;
  readonly #attached = Promise.withResolvers<DevtoolsSession>();
  #devtools: DevtoolsSession | undefined;
  #frameId = '';
  #contextId: number | undefined;
  #ports = new PagePorts(() => {});
  /** The navigation that the app itself asked for: no listener is asked about that one. */
  #loading: string | undefined;
  #openHandler: OpenHandler = () => ({ action: 'allow' });
  /** Whether the window that the page is opening may be. */
  mayOpenWindow = true;

  constructor(preload: string | undefined) {
    super();
    this.#preload = preload;
    app.emit('web-contents-created', preventable({}), this);
  }

  getURL(): string {
    return this.mainFrame.url;
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }

  async loadURL(url: string): Promise<void> {
    if (!URL.canParse(url)) throw new Error(`ERR_INVALID_URL (-300) loading '${url}'`);
    const devtools = await this.#attached.promise;
    this.#loading = url;
    const loaded = new Promise<void>((resolve) => this.once('did-finish-load', () => resolve()));
    const { errorText } = await devtools.send<{ errorText?: string }>('Page.navigate', {
      url: toBrowser(url, state.schemes),
    });
    if (errorText) throw new Error(`${errorText} loading '${url}'`);
    await loaded;
  }

  reload(): void {
    this.#loading = this.getURL();
    void this.#devtools?.send('Page.reload');
  }

  async executeJavaScript(code: string, userGesture = false): Promise<unknown> {
    const devtools = await this.#attached.promise;
    const { result, exceptionDetails } = await devtools.send<{
      result: { value?: unknown };
      exceptionDetails?: { text: string };
    }>('Runtime.evaluate', { expression: code, userGesture, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value;
  }

  send(channel: string, ...args: unknown[]): void {
    this.#tell({ type: 'send', channel, args: JSON.parse(JSON.stringify(args)) });
  }

  preloadFailed(error: string): void {
    process.stderr.write(`Unable to load preload script: ${error}\n`);
    this.emit('preload-error', preventable({}), this.#preload, new Error(error));
  }

  /** The page opens a window: the app is asked. */
  opensWindow(url: string): void {
    const details = { url: toApp(url, state.schemes), frameName: '', features: '' };
    this.mayOpenWindow = this.#openHandler(details).action !== 'deny';
  }

  /** The browser has made the page. */
  async attach(devtools: DevtoolsSession, frameId: string): Promise<void> {
    this.#devtools = devtools;
    this.#frameId = frameId;
    devtools.on('Fetch.requestPaused', (paused: PausedRequest) => this.#answer(paused));
    devtools.on('Runtime.bindingCalled', (call) => this.#called(call));
    devtools.on('Runtime.executionContextCreated', ({ context }) => this.#contextCreated(context));
    devtools.on('Page.frameNavigated', ({ frame }) => this.#navigated(frame.id, frame.url));
    devtools.on('Page.navigatedWithinDocument', ({ frameId: id, url }) => this.#moved(id, url));
    devtools.on('Page.windowOpen', ({ url }) => this.opensWindow(url));
    devtools.on('Page.loadEventFired', () => this.emit('did-finish-load', preventable({})));
    devtools.on('Inspector.targetCrashed', () => {
      this.#ports.end();
      this.emit('render-process-gone', preventable({}), { reason: 'crashed', exitCode: 139 });
    });
    for (const domain of ['Page', 'Runtime', 'Inspector']) await devtools.send(`${domain}.enable`);
    await devtools.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    await this.#injectPreload(devtools);
    this.#attached.resolve(devtools);
  }

  ended(): void {
    this.#ports.end();
    this.emit('destroyed');
  }

  async #injectPreload(devtools: DevtoolsSession): Promise<void> {
    if (this.#preload === undefined) return;
    const secret = newSecret();
    await devtools.send('Runtime.addBinding', { name: toMain, executionContextName: worldName });
    await devtools.send('Page.addScriptToEvaluateOnNewDocument', { source: mainWorldScript(secret) });
    const preload = readFileSync(this.#preload, 'utf8');
    const source = isolatedWorldScript({ secret, preload, platform: process.platform });
    // A preload that is no script (an ES module, say) fails as a whole, as in the sandbox.
    const { exceptionDetails } = await devtools.send<{
      exceptionDetails?: { exception?: { description?: string } };
    }>('Runtime.compileScript', { expression: source, sourceURL: '', persistScript: false });
    if (exceptionDetails) this.preloadFailed(exceptionDetails.exception?.description ?? 'it is no script');
    else await devtools.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName });
  }

  #answer(paused: PausedRequest): void {
    answerRequest(paused, {
      schemes: state.schemes,
      send: async (method, params) => this.#devtools?.send(method, { ...params }),
      mayNavigate: (url, frameId) => this.#mayNavigate(url, frameId),
      // A page that goes while it is answered needs no answer.
    }).catch((error: unknown) => {
      if (!/Invalid InterceptionId|browser has gone|not found/i.test(String(error))) throw error;
    });
  }

  #mayNavigate(url: string, frameId: string): boolean {
    const isMainFrame = frameId === this.#frameId;
    if (isMainFrame && url === this.#loading) {
      this.#loading = undefined;
      return true;
    }
    const details = { url, isMainFrame, isSameDocument: false, frame: isMainFrame ? this.mainFrame : null };
    const framed = preventable(details);
    this.emit('will-frame-navigate', framed);
    if (!isMainFrame || framed.defaultPrevented) return !framed.defaultPrevented;
    const event = preventable(details);
    this.emit('will-navigate', event, url, false, true, 0, 0);
    return !event.defaultPrevented;
  }

  #navigated(frameId: string, url: string): void {
    if (frameId !== this.#frameId) return;
    this.mainFrame.url = toApp(url, state.schemes);
    this.emit('did-navigate', preventable({}), this.mainFrame.url);
  }

  #moved(frameId: string, url: string): void {
    if (frameId !== this.#frameId) return;
    this.mainFrame.url = toApp(url, state.schemes);
    this.emit('did-navigate-in-page', preventable({}), this.mainFrame.url, true);
  }

  #contextCreated(context: Context): void {
    if (context.name !== worldName || context.auxData?.frameId !== this.#frameId) return;
    this.#ports.end();
    this.#contextId = context.id;
    this.#ports = new PagePorts((message) => this.#tell(message));
  }

  #called(call: { name: string; payload: string; executionContextId: number }): void {
    if (call.name !== toMain || call.executionContextId !== this.#contextId) return;
    this.#ports.take(JSON.parse(call.payload) as FromPage, this);
  }

  #tell(message: object): void {
    const expression = `globalThis.${fromMain}?.(${JSON.stringify(JSON.stringify(message))})`;
    this.#devtools
      ?.send('Runtime.evaluate', { expression, contextId: this.#contextId })
      // The page has gone, and its ports with it.
      .catch(() => {});
  }
}
