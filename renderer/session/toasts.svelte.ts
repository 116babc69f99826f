export type ToastKind = 'info' | 'success' | 'warning' | 'error';

export interface ToastAction {
  label: string;
  run: () => void | Promise<void>;
}

export interface ToastOptions {
  /** Beneath the title: the server's words, a hint. */
  detail?: string;
  action?: ToastAction;
}

export interface Toast extends ToastOptions {
  id: number;
  kind: ToastKind;
  title: string;
  /** Milliseconds since 1970. */
  at: number;
  /** On the screen now; else only in the history. */
  shown: boolean;
  read: boolean;
}

const kept = 100;

/** Short messages of what was done or failed. They leave the screen and stay in the history. */
export class Toasts {
  #all: Toast[] = $state.raw([]);
  #nextId = 1;

  /** The latest first. */
  get all(): Toast[] {
    return this.#all;
  }

  get shown(): Toast[] {
    return this.#all.filter((toast) => toast.shown);
  }

  get unread(): number {
    return this.#all.filter((toast) => !toast.read && toast.kind !== 'success').length;
  }

  info(title: string, options: ToastOptions = {}): number {
    return this.#add('info', title, options);
  }

  success(title: string, options: ToastOptions = {}): number {
    return this.#add('success', title, options);
  }

  warning(title: string, options: ToastOptions = {}): number {
    return this.#add('warning', title, options);
  }

  error(title: string, options: ToastOptions = {}): number {
    return this.#add('error', title, options);
  }

  /** Takes it from the screen; it can still be read in the history. */
  dismiss(id: number): void {
    this.#change((toast) => (toast.id === id ? { ...toast, shown: false } : toast));
  }

  /** An action is done once: an undo that was used, or is too late, is no longer offered. */
  withdrawAction(id: number): void {
    this.#change((toast) => (toast.id === id ? { ...toast, action: undefined, shown: false } : toast));
  }

  markRead(): void {
    this.#change((toast) => (toast.read ? toast : { ...toast, read: true }));
  }

  clear(): void {
    this.#all = [];
  }

  #add(kind: ToastKind, title: string, options: ToastOptions): number {
    const id = this.#nextId++;
    this.#all = [
      { ...options, id, kind, title, at: Date.now(), shown: true, read: false },
      ...this.#all,
    ].slice(0, kept);
    return id;
  }

  #change(how: (toast: Toast) => Toast): void {
    this.#all = this.#all.map(how);
  }
}
