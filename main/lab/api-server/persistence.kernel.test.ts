import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, call, service } from './testing/lab-fixture.ts';
import { type ServerProcess, startServerProcess } from './testing/server-process.ts';

/** The server killed between any two requests: what it has answered is there when it starts again. */

let dataDir = '';
let server: ServerProcess;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'lab-persistence-'));
  server = await startServerProcess(dataDir);
});

afterEach(async () => {
  await server.kill();
  rmSync(dataDir, { recursive: true });
});

function ask(path: string, options: Parameters<typeof call>[2] = {}): Promise<Answer> {
  const token = readFileSync(join(dataDir, 'api-server', 'token'), 'utf8').trim();
  const known = { url: server.url, token, caPath: join(dataDir, 'api-server', 'pki', 'ca.crt') };
  return call(known as Parameters<typeof call>[0], path, options);
}

const services = '/api/v1/namespaces/default/services';

/** What a client remembers of a Service that the server has told it of. */
interface Known {
  uid: string;
  clusterIP: string;
  nodePort: number;
  label: string;
}

test('kill -9 between requests loses nothing that was answered, and allocates nothing twice', async () => {
  const known = new Map<string, Known>();
  const url = server.url;
  let lastVersion = 0;
  for (let round = 0; round < 8; round += 1) {
    for (let index = 0; index <= round % 3; index += 1) {
      const name = `svc-${round}-${index}`;
      const { code, json } = await ask(services, {
        method: 'POST',
        body: service(name, { type: 'NodePort' }),
      });
      expect(code).toBe(201);
      known.set(name, {
        uid: json.metadata.uid,
        clusterIP: json.spec.clusterIP,
        nodePort: json.spec.ports[0].nodePort,
        label: '',
      });
    }
    const [[changed = '', before] = ['', undefined]] = [...known];
    if (before) {
      const headers = { 'Content-Type': 'application/merge-patch+json' };
      const body = { metadata: { labels: { round: String(round) } } };
      expect((await ask(`${services}/${changed}`, { method: 'PATCH', body, headers })).code).toBe(200);
      before.label = String(round);
    }
    if (round % 2 === 1) {
      const doomed = [...known.keys()].at(-1) ?? '';
      expect((await ask(`${services}/${doomed}`, { method: 'DELETE' })).code).toBe(200);
      known.delete(doomed);
    }
    await server.kill();
    server = await startServerProcess(dataDir);
    const { json } = await ask(services);
    expect(Number(json.metadata.resourceVersion)).toBeGreaterThan(lastVersion);
    lastVersion = Number(json.metadata.resourceVersion);
    const found = new Map<string, Known>();
    for (const { metadata, spec } of json.items) {
      if (metadata.name === 'kubernetes') continue;
      found.set(metadata.name, {
        uid: metadata.uid,
        clusterIP: spec.clusterIP,
        nodePort: spec.ports[0].nodePort,
        label: metadata.labels?.round ?? '',
      });
    }
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(known));
  }
  const values = [...known.values()];
  expect(new Set(values.map(({ clusterIP }) => clusterIP)).size).toBe(values.length);
  expect(new Set(values.map(({ nodePort }) => nodePort)).size).toBe(values.length);
  expect(server.url).toBe(url);
});

test('a damaged file of objects is one clear error that names it', async () => {
  await ask(services, { method: 'POST', body: service('web') });
  await server.kill();
  const path = join(dataDir, 'api-server', 'objects.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"changes":[', '"changes":[['));
  await expect(startServerProcess(dataDir)).rejects.toThrow(`${path}: line 2 is damaged`);
});
