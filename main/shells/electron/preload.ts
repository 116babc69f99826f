/**
 * Runs in each page of ours before its scripts, in a world of its own, in the sandbox. It hands ports on and
 * knows nothing else; the page gets no function of it.
 */
import { contextBridge, ipcRenderer } from 'electron';
import { type ElectronShell, electronConnect } from '../../../app/contract/carrier.ts';
import { goChannel, isView } from './view-names.ts';

const shell: ElectronShell = { shell: 'electron', platform: process.platform };
contextBridge.exposeInMainWorld('kubeProxyLab', shell);

window.addEventListener('message', ({ source, data, ports }) => {
  const [port, ...more] = ports;
  if (source !== window || data?.type !== electronConnect || !port || more.length > 0) return;
  ipcRenderer.postMessage(electronConnect, null, [port]);
});

ipcRenderer.on(goChannel, (_event, view: unknown) => {
  if (isView(view)) location.hash = `#/${view}`;
});
