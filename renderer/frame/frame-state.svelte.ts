import { createContext } from 'svelte';

/** What lies over the views: at most one of it at a time. */
export type Overlay = 'palette' | 'help' | 'mode' | 'clusters' | 'messages' | 'tour';

export class FrameState {
  #overlay: Overlay | null = $state(null);

  get overlay(): Overlay | null {
    return this.#overlay;
  }

  open(overlay: Overlay): void {
    this.#overlay = overlay;
  }

  /** Closes this one; another that has been opened in its place stays. */
  close(overlay: Overlay): void {
    if (this.#overlay === overlay) this.#overlay = null;
  }

  toggle(overlay: Overlay): void {
    this.#overlay = this.#overlay === overlay ? null : overlay;
  }
}

export const [getFrame, setFrame] = createContext<FrameState>();
