import { onNpmGone } from './npm-parent.ts';

/** Resolves at the first signal that asks to end, or when npm, which started us, has gone. */
export function askedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
    onNpmGone(() => resolve('npm has gone'));
  });
}
