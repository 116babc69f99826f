import { expect, test, vi } from 'vitest';
import { runCommandLine } from './command-line.ts';

/** Words that ask for nothing there is: each ends in one message, before a lab is looked for. */

test.each([
  [['nope'], "there is no command 'nope'; kube-proxy-lab --help lists those there are"],
  [['labs', 'up'], "there is no command 'labs'"],
  [['lab', 'nope'], "unknown command 'nope'"],
  [['lab', 'up', 'more'], "too many arguments for 'up'"],
  [['lab', 'up', '--mode', 'ipvs'], 'Allowed choices are userspace, iptables, nftables'],
  [['lab', 'exec'], "missing required argument 'place'"],
  [['lab', 'exec', 'client'], "missing required argument 'command'"],
  [['lab', 'exec', 'moon', '--', 'ls'], 'moon is no place of the lab. There are: client, node, pod/NAME'],
  [['lab', 'status', '--data', ''], '--data takes a folder, not an empty word'],
  [['lab', 'mode', 'ipvs'], 'Allowed choices are userspace, iptables, nftables'],
  [['lab', 'load-balancer', 'maybe'], 'Allowed choices are on, off'],
  [['render'], "required option '-f, --file <file>' not specified"],
  [['probe', '10.0.0.5:80'], "required option '--from <place>' not specified"],
  [['probe', '--from', 'moon', '10.0.0.5:80'], 'moon is no place of the lab'],
  [['probe', '--from', 'client', '10.0.0.5:70000'], '10.0.0.5:70000'],
  [
    ['probe', '--from', 'client', '-n', '0', '10.0.0.5:80'],
    '-n takes a whole number from 1 to 1000000, not 0',
  ],
  [['start', '--host', '0.0.0.0'], '--host 0.0.0.0 is not a loopback address'],
  [['start', '--port', '70000'], '--port takes a whole number from 0 to 65535, not 70000'],
])('%j', async (words, message) => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const given = ['node', 'kube-proxy-lab', ...words];
    await expect(runCommandLine(given, '0')).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  } finally {
    told.mockRestore();
  }
});
