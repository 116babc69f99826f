/** The ways to start the helper with the right it needs. The one file that elevates. */
import { spawn } from 'node:child_process';
import { programFile } from '../program-files.ts';
import { type ElevatedPrograms, elevatedPrograms } from './elevated-copy.ts';
import { ElevationError, type HelperStarter } from './elevated-helper.ts';

/** As the user who asks: root already, or one whose node it is (a container's). */
export const asOneself: HelperStarter = (file) =>
  spawned([process.execPath, programFile('helper'), ...helperArgs(file)]);

/** Where sudo asks for no password, nobody is asked at all. */
export const withSudo: HelperStarter = (file) =>
  withPrograms(({ node, helper }) => spawned(['sudo', '-n', '--', node, helper, ...helperArgs(file)]));

/** What a shell's double quotes leave as they are, on every system; a path with anything else is refused. */
const PLAIN_PATH = /^[A-Za-z0-9 _.:,+@()/\\-]+$/;

/**
 * Asks the person, through the desktop's own dialog. sudo-prompt takes a shell string: it is our own programs'
 * paths and the path of the file with the secret, and nothing that anybody else has said.
 */
export const withPrompt: HelperStarter = (file) =>
  withPrograms(({ node, helper }) => prompted([node, helper, ...helperArgs(file)]));

function prompted(words: string[]): { ended: Promise<void> } {
  // The current folder becomes a part of the string as well: sudo-prompt goes there first.
  const strange = [...words, process.cwd()].find((word) => !PLAIN_PATH.test(word));
  if (strange !== undefined) {
    const message = `${strange} has a character that cannot be handed to the system's dialog; put the program in a plain path, and start it in one`;
    return { ended: Promise.reject(new ElevationError('failed', message)) };
  }
  const command = words.map((word) => `"${word}"`).join(' ');
  return {
    ended: import('sudo-prompt').then(
      ({ exec }) =>
        new Promise((resolve, reject) => {
          exec(command, { name: 'Kube Proxy Lab' }, (error) =>
            error ? reject(explained(error)) : resolve(),
          );
        }),
    ),
  };
}

/** With programs that root can read; a copy of them goes when the helper has. */
function withPrograms(start: (programs: ElevatedPrograms) => { ended: Promise<void> }): {
  ended: Promise<void>;
} {
  try {
    const programs = elevatedPrograms();
    return { ended: start(programs).ended.finally(() => programs.remove()) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `the helper could not be copied to where root can read it: ${why}`;
    return { ended: Promise.reject(new ElevationError('failed', message, { cause: error })) };
  }
}

function helperArgs(file: string): string[] {
  return ['--rendezvous', file];
}

/** sudo-prompt's own words for what may happen. */
function explained(error: Error): ElevationError {
  const { message } = error;
  if (/did not grant permission/i.test(message)) {
    return new ElevationError('cancelled', 'nothing was changed: the request was cancelled', {
      cause: error,
    });
  }
  if (/polkit|pkexec|kdesudo/i.test(message)) {
    return new ElevationError(
      'no-agent',
      'no program of this desktop can ask for the password (no polkit agent runs). Start one, or start the app as root: sudo kube-proxy-lab start',
      { cause: error },
    );
  }
  return new ElevationError('failed', `the helper could not be started: ${message}`, { cause: error });
}

function spawned([command = '', ...args]: string[]): { ended: Promise<void> } {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4096);
  });
  return {
    ended: new Promise((resolve, reject) => {
      child.on('error', (error) => reject(new ElevationError('failed', error.message, { cause: error })));
      child.on('close', (code) => {
        if (code === 0) resolve();
        else reject(sudoFailure(stderr.trim(), code));
      });
    }),
  };
}

function sudoFailure(said: string, code: number | null): ElevationError {
  if (/password is required|may not run sudo|not allowed/i.test(said)) {
    return new ElevationError('no-agent', `sudo asks for a password: ${said}`);
  }
  return new ElevationError(
    'failed',
    `the helper ended (${code === null ? 'killed' : `exit code ${code}`}): ${said}`,
  );
}
