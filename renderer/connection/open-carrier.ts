import type { ElectronShell } from '../../app/contract/carrier.ts';
import type { Carrier } from './carrier.ts';
import { openElectronCarrier } from './electron-carrier.ts';
import { openWebSocketCarrier } from './web-carrier.ts';

declare global {
  interface Window {
    readonly kubeProxyLab?: ElectronShell;
  }
}

/** What the shell that shows this page offers. */
export function openCarrier(): Promise<Carrier> {
  return window.kubeProxyLab?.shell === 'electron' ? openElectronCarrier() : openWebSocketCarrier();
}
