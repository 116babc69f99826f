/** What the command palette offers. */
export interface Command {
  /** Unique: `services.create`. */
  id: string;
  /** In the user's language. */
  title: string;
  /** A heading to stand under: the view's name, `Services`. */
  section: string;
  /** Found by these words too. */
  keywords?: readonly string[];
  /** To the right: a Service's cluster IP, a chain's table. */
  hint?: string;
  /** Keys that run it wherever nobody types (with Ctrl or Alt also there), as `keysOf` writes them: `Ctrl+K`, `n`. */
  keys?: string;
  run: () => unknown;
}

/** Commands by who offers them; a source is asked whenever the palette is opened or typed into, so it is always up to date. */
export class Commands {
  readonly #sources = new Set<() => readonly Command[]>();

  /** Offers commands until the function that it returns is called: `onDestroy(session.commands.offer(() => […]))`. */
  offer(source: () => readonly Command[]): () => void {
    this.#sources.add(source);
    return () => this.#sources.delete(source);
  }

  all(): Command[] {
    return [...this.#sources].flatMap((source) => source());
  }
}
