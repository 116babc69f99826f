/**
 * Starts an app as Electron's binary would: `launch.ts APP [ARGUMENT…]`, APP being the folder of its package.json,
 * or, where the app counts as packaged (STAND_IN_PACKAGED=1), the folder that its archive was opened to.
 *
 * Over the channel to a parent it speaks with the test: it tells where the browser is, and runs functions
 * that the test sends, with the module `electron` as their first argument (as Playwright does with the binary).
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { watchTargets } from './browser-window.ts';
import { startChromium } from './chromium.ts';
import * as electron from './electron.ts';
import { state } from './state.ts';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: new URL('./electron.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});

interface Question {
  id: number;
  source: string;
  argument: unknown;
}

async function answer({ id, source, argument }: Question): Promise<void> {
  try {
    // The source is our own test's, through the channel that only it holds.
    const asked = new Function(`return (${source})`)();
    process.send?.({ type: 'answer', id, value: await asked(electron, argument) });
  } catch (error) {
    process.send?.({ type: 'answer', id, error: String(error) });
  }
}

const { app } = electron;
app.appPath = resolve(process.argv[2] ?? '.');
// Packaged, the program is followed by its arguments; otherwise the app's folder stands between.
process.argv.splice(1, app.isPackaged ? 2 : 1);
Object.assign(process, { resourcesPath: process.env['STAND_IN_RESOURCES'] ?? '' });
process.on('message', (question) => void answer(question as Question));
// A test that was killed leaves no app behind.
process.once('disconnect', () => app.quit());

const { main } = JSON.parse(readFileSync(join(app.appPath, 'package.json'), 'utf8'));
await import(pathToFileURL(join(app.appPath, main)).href);

if (!state.quitting) {
  state.chromium = await startChromium(app.getPath('userData'), app.commandLine.switches);
  state.chromium.devtools.browser.once('disconnected', () => app.exit(0));
  await watchTargets();
  process.send?.({ type: 'browser', endpoint: state.chromium.endpoint });
  app.becomeReady();
}
