import { expect, it } from 'vitest';
import { failureCauses } from '../../../app/probe/failure-cause.ts';
import { failureWords } from '../../../app/probe/failure-words.ts';
import { failureKinds } from '../../../app/probe/result.ts';
import en from '../../i18n/messages/en/traffic.json';
import zh from '../../i18n/messages/zh/traffic.json';

it.each([
  { language: 'English', messages: en },
  { language: 'Chinese', messages: zh },
])('every cause and kind of failure has words in $language', ({ messages }) => {
  expect(Object.keys(messages.cause).sort()).toEqual([...failureCauses].sort());
  expect(Object.keys(messages.failure).sort()).toEqual([...failureKinds].sort());
});

it('the window says what the command says', () => {
  const words = failureWords('refused', {
    mode: 'iptables',
    dialect: 'current',
    way: 'nodePort',
    protocol: 'TCP',
    readyEndpoints: 0,
    ipv6: false,
  });
  expect(en.cause['no-endpoint-iptables']).toBe(words);
});
