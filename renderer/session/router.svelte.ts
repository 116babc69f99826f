/** Where the window is: `#/services/default/mysql-service?tab=yaml`. */
export interface Place {
  /** The first segment: a view's id. */
  view: string;
  /** The rest, decoded. */
  segments: string[];
  query: Record<string, string>;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads `location.hash`; anything that is no path is the first view. */
export function readPlace(hash: string, firstView: string): Place {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?', 2);
  const [view = '', ...segments] = path.split('/').filter(Boolean).map(decoded);
  return {
    view: path.startsWith('/') && view ? view : firstView,
    segments,
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** `pathOf('services', ['default', name], { tab: 'yaml' })`: a path for `go` and, behind `#`, for links. */
export function pathOf(
  view: string,
  segments: readonly string[] = [],
  query: Record<string, string> = {},
): string {
  const path = `/${[view, ...segments].map(encodeURIComponent).join('/')}`;
  const search = new URLSearchParams(query).toString();
  return search ? `${path}?${search}` : path;
}

/** The window's place, kept in the address: links can be copied and the browser's back works. */
export class Router {
  #place: Place = $state.raw({ view: '', segments: [], query: {} });
  readonly #firstView: string;

  constructor(firstView: string) {
    this.#firstView = firstView;
    this.#read();
    window.addEventListener('hashchange', () => this.#read());
  }

  get view(): string {
    return this.#place.view;
  }

  get segments(): string[] {
    return this.#place.segments;
  }

  get query(): Record<string, string> {
    return this.#place.query;
  }

  /** Goes to a path (`/rules?chain=KUBE-SERVICES`), as a new step of the history or in the place of this one. */
  go(path: string, options: { replace?: boolean } = {}): void {
    if (options.replace) history.replaceState(null, '', `#${path}`);
    else if (location.hash !== `#${path}`) history.pushState(null, '', `#${path}`);
    this.#read();
  }

  #read(): void {
    // The token of a newly opened address is the connection's to read; the window stays where it is.
    if (location.hash.startsWith('#token=') && this.#place.view !== '') return;
    this.#place = readPlace(location.hash, this.#firstView);
  }
}
