import { describe, expect, it } from 'vitest';
import { requestArgv, resultOf } from './pod-request.ts';

const ASKED = { address: 'fd00::1', port: 80, timeoutMs: 2500 };
const echo = JSON.stringify({
  pod: 'a',
  namespace: 'shop',
  client: '10.0.0.9',
  clientPort: 1,
  address: 'fd00::1',
  port: 80,
  protocol: 'HTTP',
});

it('is a list of words, none of which a shell reads', () => {
  expect(requestArgv({ ...ASKED, program: 'wget' })).toEqual([
    'wget',
    '-q',
    '-O',
    '-',
    '-T',
    '3',
    'http://[fd00::1]:80/',
  ]);
  expect(requestArgv({ ...ASKED, program: 'curl' }).slice(-1)).toEqual(['http://[fd00::1]:80/']);
});

it("takes curl's own times, and those measured here without them", () => {
  const curl = { stdout: `${echo}\nkube-proxy-lab 0.001500 0.004000`, stderr: '', exitCode: 0 };
  expect(resultOf(3, curl, 99)).toEqual({
    index: 3,
    ok: true,
    pod: 'a',
    namespace: 'shop',
    client: '10.0.0.9',
    connectMs: 1.5,
    totalMs: 4,
  });
  expect(resultOf(0, { stdout: 'Welcome', stderr: '', exitCode: 0 }, 9.129)).toEqual({
    index: 0,
    ok: true,
    answeredBy: 'Welcome',
    totalMs: 9.13,
  });
});

describe('a failure is told by what was said', () => {
  it.each([
    [7, 'curl: (7) Failed to connect to 10.0.0.1 port 80 after 0 ms: Connection refused', 'refused'],
    [7, 'curl: (7) Failed to connect to 10.0.0.1 port 80 after 3 ms: No route to host', 'unreachable'],
    [28, 'curl: (28) Connection timed out after 2501 milliseconds', 'timed-out'],
    [52, 'curl: (52) Empty reply from server', 'closed-without-answer'],
    [56, 'curl: (56) Recv failure: Connection reset by peer', 'reset'],
    [1, "wget: can't connect to remote host (10.0.0.1): Connection refused", 'refused'],
    [1, 'wget: download timed out', 'timed-out'],
    [4, 'failed: Connection refused.', 'refused'],
    [3, '', 'other'],
  ])('exit code %i, %s', (exitCode, stderr, kind) => {
    expect(resultOf(0, { stdout: '', stderr, exitCode }, 1).failure?.kind).toBe(kind);
  });
});
