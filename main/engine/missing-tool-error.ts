/** A tool that a node needs for what it is asked to do is not there, or does not work. */
export class MissingToolError extends Error {
  /** @param packageName what to install, where that is not the tool's own name. */
  constructor(node: string, tool: string, reason: string, packageName = tool) {
    super(`${node} has no working ${tool} (${reason}). Install it with: sudo apt-get install ${packageName}`);
    this.name = 'MissingToolError';
  }
}
