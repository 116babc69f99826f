/**
 * A rule's text as elements. Made by hand: a component's blocks for each of two dozen words took longer than all
 * else of a row, and a list that is scrolled fast makes a dozen rows a frame.
 */
import { visibleText } from '../../design/visible-text.ts';
import type { Segment } from './segments.ts';

export interface RuleTextLinks {
  /** Whether the node has what a name in the text names. */
  leads?: ((name: string) => boolean) | undefined;
  onfollow?: ((name: string) => void) | undefined;
  followLabel?: ((name: string) => string) | undefined;
}

export function ruleTextElements(pieces: readonly Segment[], links: RuleTextLinks): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const piece of pieces) {
    if (piece.kind === 'plain') fragment.append(...parts(piece));
    else fragment.append(word(piece, links));
  }
  return fragment;
}

function word(piece: Segment, { leads, onfollow, followLabel }: RuleTextLinks): HTMLElement {
  const { kind, text } = piece;
  if (kind !== 'chain' || !onfollow || !leads?.(text)) {
    const span = document.createElement('span');
    span.className = kind;
    span.append(...parts(piece));
    return span;
  }
  const button = document.createElement('button');
  button.type = 'button';
  button.tabIndex = -1;
  button.className = 'chain link';
  if (followLabel) button.title = followLabel(text);
  button.append(...parts(piece));
  button.addEventListener('click', (event) => {
    event.stopPropagation();
    onfollow(text);
  });
  return button;
}

function parts({ parts: texts }: Segment): (string | HTMLElement)[] {
  return texts.map(({ text, found }) => {
    if (!found) return visibleText(text);
    const mark = document.createElement('mark');
    mark.append(visibleText(text));
    return mark;
  });
}
