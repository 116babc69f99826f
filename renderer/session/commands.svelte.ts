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

type Source = () => readonly Command[];

/** Commands by who offers them; a source is asked whenever they are wanted, so it is always up to date. */
export class Commands {
  readonly #sources = new Set<Source>();
  readonly #searched = new Set<Source>();

  /** Offers commands until the function that it returns is called: `onDestroy(session.commands.offer(() => […]))`. */
  offer(source: Source): () => void {
    this.#sources.add(source);
    return () => this.#sources.delete(source);
  }

  /** Offers commands to the palette alone: as many as there are Services, and none with keys. */
  offerToSearch(source: Source): () => void {
    this.#searched.add(source);
    return () => this.#searched.delete(source);
  }

  all(): Command[] {
    return [...this.#sources, ...this.#searched].flatMap((source) => source());
  }

  /** Those that may have keys: asked for at each key that is pressed. */
  withKeys(): Command[] {
    return [...this.#sources].flatMap((source) => source()).filter(({ keys }) => keys !== undefined);
  }
}
