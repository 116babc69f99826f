import type { Command } from '../session/commands.svelte.ts';

const named: Record<string, string> = { ' ': 'Space', Esc: 'Escape' };

/**
 * A pressed key as commands write it: `n`, `?`, `Ctrl+K`, `Alt+1`, `Shift+Enter`. Command on a Mac counts as
 * Ctrl; Shift is told only where it does not make another character.
 */
export function keysOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): string {
  const key = named[event.key] ?? event.key;
  const modifiers = [
    event.ctrlKey || event.metaKey ? 'Ctrl' : '',
    event.altKey ? 'Alt' : '',
    event.shiftKey && key.length > 1 ? 'Shift' : '',
  ].filter(Boolean);
  const name = modifiers.length > 0 && key.length === 1 ? key.toUpperCase() : key;
  return [...modifiers, name].join('+');
}

/** Somebody types: a letter is a letter. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type);
}

/** The command of these keys; while somebody types only one with Ctrl or Alt. */
export function commandOf(keys: string, commands: readonly Command[], typing: boolean): Command | undefined {
  if (typing && !/^(Ctrl|Alt)\+/.test(keys)) return undefined;
  return commands.find((command) => command.keys === keys);
}
