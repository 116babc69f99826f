/** The formats that rules and Services can be taken away in, and which of them a proxy mode has. */
import type { ExportFormat, ExportFormatInfo } from '../contract/exports.ts';
import type { ProxyMode } from '../proxy/configuration.ts';

interface FormatFile {
  /** `MODE` stands for the proxy mode. */
  readonly fileName: string;
  readonly mediaType: string;
  /** A file of one IP family; all others hold every family they are given. */
  readonly byFamily: boolean;
  /** Where not every mode's rules can be written so: the kind of rules it is for. */
  readonly only?: 'iptables' | 'nftables';
}

const FILES: Readonly<Record<ExportFormat, FormatFile>> = {
  restore: {
    fileName: 'kube-proxy-MODE.rules',
    mediaType: 'text/plain',
    byFamily: true,
    only: 'iptables',
  },
  save: {
    fileName: 'kube-proxy-MODE-save.txt',
    mediaType: 'text/plain',
    byFamily: true,
    only: 'iptables',
  },
  nft: { fileName: 'kube-proxy-MODE.nft', mediaType: 'text/plain', byFamily: false, only: 'nftables' },
  script: { fileName: 'kube-proxy-MODE-apply.sh', mediaType: 'application/x-sh', byFamily: false },
  'remove-script': { fileName: 'kube-proxy-MODE-remove.sh', mediaType: 'application/x-sh', byFamily: false },
  json: { fileName: 'kube-proxy-MODE.json', mediaType: 'application/json', byFamily: false },
  mermaid: { fileName: 'kube-proxy-MODE.mmd', mediaType: 'text/vnd.mermaid', byFamily: true },
  svg: { fileName: 'kube-proxy-MODE.svg', mediaType: 'image/svg+xml', byFamily: true },
  markdown: { fileName: 'kube-proxy-MODE.md', mediaType: 'text/markdown', byFamily: false },
  html: { fileName: 'kube-proxy-MODE.html', mediaType: 'text/html', byFamily: false },
  services: { fileName: 'services.yaml', mediaType: 'application/yaml', byFamily: false },
};

/** Every format, in the order in which they are offered; those that the mode does not have with the reason. */
export function exportFormatsOf(mode: ProxyMode): ExportFormatInfo[] {
  return (Object.keys(FILES) as ExportFormat[]).map((id) => formatInfo(id, mode));
}

export function formatInfo(id: ExportFormat, mode: ProxyMode): ExportFormatInfo {
  const { fileName, mediaType, byFamily, only } = FILES[id];
  const available = only === undefined || only === ruleKind(mode);
  return {
    id,
    available,
    ...(available ? {} : { reason: 'mode' }),
    fileName: fileName.replace('MODE', mode),
    mediaType,
    byFamily,
  };
}

function ruleKind(mode: ProxyMode): 'iptables' | 'nftables' {
  return mode === 'nftables' ? 'nftables' : 'iptables';
}
