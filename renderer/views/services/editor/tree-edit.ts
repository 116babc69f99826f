/** An edit done to a document's tree. */
import type { Node } from 'yaml';
import type { JsonObject } from '../../../../app/kubernetes/json.ts';
import { type Edit, removalPath } from './object-edit.ts';
import { nodeAt, type ParsedDocument, pairOf } from './yaml-text.ts';

/** Changes the tree in place; `object` is what it says before. */
export function changeTree(document: ParsedDocument, edit: Edit, object: JsonObject): void {
  switch (edit.kind) {
    case 'set':
      document.setIn([...edit.path], document.createNode(edit.value));
      return;
    case 'remove':
      document.deleteIn([...removalPath(object, edit.path)]);
      return;
    case 'rename': {
      const parent = nodeAt(document, edit.path.slice(0, -1));
      const pair = parent ? pairOf(parent, String(edit.path.at(-1))) : undefined;
      if (pair !== undefined) pair.key = document.createNode(edit.key) as Node;
      return;
    }
    case 'move': {
      const list = nodeAt(document, edit.path) as { items?: unknown[] } | undefined;
      const [item] = list?.items?.splice(edit.from, 1) ?? [];
      if (item !== undefined) list?.items?.splice(edit.to, 0, item);
      return;
    }
  }
}
