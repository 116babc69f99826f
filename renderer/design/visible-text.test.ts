import { expect, test } from 'vitest';
import { visibleText } from './visible-text.ts';

test.each([
  ['mysql-service', 'mysql-service'],
  ['服务 <img onerror=x>', '服务 <img onerror=x>'],
  ['a\nb\tc', 'a\\nb\\tc'],
  ['a\u202eb\u200bc\u0000', 'a\\u202eb\\u200bc\\u0000'],
])('%j is shown as %s', (text, shown) => {
  expect(visibleText(text)).toBe(shown);
});
