/** A lab with its window served to a browser, as `start --web` does it, and the window's own way to ask it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { type Browser, chromium } from 'playwright-core';
import { WebSocket } from 'ws';
import { tokenOfFragment, webSocketPath, webSocketProtocols } from '../../app/contract/carrier.ts';
import type { contract } from '../../app/contract/contract.ts';
import { endsWithTest, until } from './lab-under-test.ts';

const program = join(import.meta.dirname, '..', '..', 'bin', 'kube-proxy-lab');

export interface WebLab {
  /** The address that opens the window, token included. */
  url: string;
  client: ContractRouterClient<typeof contract>;
  /** Ends the lab and removes its data folder. */
  stop(): Promise<void>;
}

async function connect(url: string): Promise<WebSocket> {
  const page = new URL(url);
  const socket = new WebSocket(
    `ws://${page.host}${webSocketPath}`,
    webSocketProtocols(tokenOfFragment(page.hash) ?? ''),
    { origin: page.origin },
  );
  await once(socket, 'open');
  return socket;
}

/** Starts a lab in a data folder of its own; rejects with what it said where it ended before it was ready. */
export async function startWebLab(): Promise<WebLab> {
  const folder = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-window-'));
  const [command = '', ...args] = [...endsWithTest, program];
  const child = spawn(command, [...args, 'start', '--web', '--no-open', '--json', '--data', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const end = async (): Promise<void> => {
    const closed = once(child, 'close');
    if (child.exitCode === null && child.kill('SIGTERM')) await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  await until(
    'the lab to be ready',
    () => {
      if (child.exitCode !== null) throw new Error(`the lab ended: ${stderr}`);
      return stdout.includes('\n') || undefined;
    },
    60_000,
  ).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const { ui } = JSON.parse(stdout) as { ui: string };
  const socket = await connect(ui);
  return {
    url: ui,
    client: createORPCClient(new RPCLink({ websocket: socket })),
    stop: async () => {
      socket.close();
      await end();
    },
  };
}

/**
 * The document's two Services, and requests to each: something to see in every view. The first has two pods; the
 * second, as in the document, has none, so that its requests fail.
 */
export async function fillLab(lab: WebLab): Promise<void> {
  const { client } = lab;
  const documents = (await client.services.templates()).slice(0, 2);
  for (const { text } of documents) await client.services.apply({ text, namespace: 'default' });
  const [served = '', failing = ''] = documents.map(({ objects }) => `${objects[0]?.name}/nodePort`);
  await until('both endpoints of the first Service', async () => {
    const { readyEndpoints = 0 } = await client.traffic.resolve({ target: served });
    return readyEndpoints === 2 || undefined;
  });
  await sendRequests(lab, served, 200);
  await sendRequests(lab, failing, 8);
}

/** Resolves at the run's end. */
export async function sendRequests({ client }: WebLab, target: string, requests: number): Promise<void> {
  const { id } = await client.traffic.start({
    from: 'client',
    target,
    protocol: 'http',
    requests,
    concurrency: 8,
    keepAlive: false,
    timeoutMs: 2000,
  });
  for await (const _ of await client.traffic.watchRun({ id })) {
    // Its feed ends with the run.
  }
}

/** The system's Chromium, without anything that would look beyond this computer. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}
