import { describe, expect, test } from 'vitest';
import { commandOf, keysOf } from './shortcuts.ts';

const pressed = (
  key: string,
  modifiers: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', true>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});

describe('pressed keys', () => {
  test.each([
    { event: pressed('n'), keys: 'n' },
    { event: pressed('?', { shiftKey: true }), keys: '?' },
    { event: pressed('k', { ctrlKey: true }), keys: 'Ctrl+K' },
    { event: pressed('k', { metaKey: true }), keys: 'Ctrl+K' },
    { event: pressed('1', { altKey: true }), keys: 'Alt+1' },
    { event: pressed('+', { ctrlKey: true, shiftKey: true }), keys: 'Ctrl++' },
    { event: pressed('Enter', { shiftKey: true }), keys: 'Shift+Enter' },
  ])('are written $keys', ({ event, keys }) => {
    expect(keysOf(event)).toBe(keys);
  });

  test('run no command of a letter while somebody types', () => {
    const commands = ['n', 'Ctrl+K'].map((keys) => ({
      id: keys,
      title: keys,
      section: '',
      keys,
      run: () => undefined,
    }));
    expect(commandOf('n', commands, true)).toBeUndefined();
    expect(commandOf('n', commands, false)?.id).toBe('n');
    expect(commandOf('Ctrl+K', commands, true)?.id).toBe('Ctrl+K');
  });
});
