import { expect, test } from 'vitest';
import { remedyOf } from './remedies.ts';

test.each([
  ['nft', 'spawn nft ENOENT', 'node:remedy.install', /nftables$/],
  ['ip6tables', 'ip6tables: command not found', 'node:remedy.install', /iptables$/],
  ['nfacct', 'nfacct v1.0.2: error: Operation not permitted', 'node:remedy.permission', /doctor/],
  ['nft', 'Unable to initialize Netlink socket: Protocol not supported', 'node:remedy.kernel', /doctor/],
  ['conntrack', 'something else', 'node:remedy.doctor', /doctor/],
])('%s, refused with “%s”, has a remedy', (name, reason, key, command) => {
  const remedy = remedyOf(name, reason);
  expect(remedy?.key).toBe(key);
  expect(remedy?.command).toMatch(command);
});
