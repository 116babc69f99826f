/** For tests: what `render` prints, as one text. */
import { joined } from '../../app/ruleset/text-pieces.ts';
import { type RenderOptions, render } from '../command/render.ts';

export interface RenderedText {
  readonly text: string;
  readonly warnings: string[];
}

export function renderText(options: RenderOptions): RenderedText {
  const { pieces, warnings } = render(options);
  return { text: joined(pieces), warnings };
}
