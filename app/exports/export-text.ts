/** The door to exports: rules and objects in, one file's text out. */
import type { ExportFormat } from '../contract/exports.ts';
import type { Service } from '../kubernetes/objects.ts';
import type { Dialect } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import { printIptablesRestore, printIptablesSave } from '../ruleset/iptables-print.ts';
import type { IptablesRuleset, NftablesRuleset, Ruleset } from '../ruleset/model.ts';
import { printNftTransaction } from '../ruleset/nft-print.ts';
import { ExportError } from './export-error.ts';
import { formatInfo } from './formats.ts';
import { printHtml } from './hand-out-html.ts';
import { printMarkdown } from './hand-out-markdown.ts';
import { printIptablesRemoveScript, printIptablesScript } from './iptables-script.ts';
import { printMermaid } from './mermaid.ts';
import { printNftRemoveScript, printNftScript } from './nft-script.ts';
import { printRulesetDocument } from './ruleset-document.ts';
import { printServiceManifests } from './service-manifests.ts';
import { describeSubject } from './shell.ts';
import { printSvg } from './svg.ts';

export interface ExportRequest {
  readonly format: ExportFormat;
  readonly mode: ProxyMode;
  readonly dialect: Dialect;
  /** As `buildRuleset` made them for that mode, one for each IP family; formats by family take one. */
  readonly rulesets: readonly Ruleset[];
  /** The Services the rules were made for, as the API has them. */
  readonly services: readonly Service[];
  /** The node the rules are for. */
  readonly nodeName: string;
}

export interface ExportedText {
  readonly text: string;
  readonly fileName: string;
  readonly mediaType: string;
}

/** @throws ExportError */
export function exportText(request: ExportRequest): ExportedText {
  const { format, mode } = request;
  const { available, fileName, mediaType, byFamily } = formatInfo(format, mode);
  if (!available) {
    const instead = mode === 'nftables' ? 'nft' : 'restore';
    throw new ExportError(
      `rules of ${mode} mode cannot be written as ${format}; choose ${instead} or script`,
    );
  }
  if (byFamily && request.rulesets.length > 1) {
    throw new ExportError(`${format} holds the rules of one IP family; choose IPv4 or IPv6`);
  }
  return { text: print(request), fileName, mediaType };
}

function print(request: ExportRequest): string {
  const iptables = request.rulesets.filter(
    (ruleset): ruleset is IptablesRuleset => ruleset.kind === 'iptables',
  );
  const nftables = request.rulesets.filter(
    (ruleset): ruleset is NftablesRuleset => ruleset.kind === 'nftables',
  );
  const isNftables = request.mode === 'nftables';
  switch (request.format) {
    case 'restore':
      return iptables.map(printIptablesRestore).join('');
    case 'save':
      return iptables.map(printIptablesSave).join('');
    case 'nft':
      return printNftTransaction(nftables);
    case 'script':
      return isNftables ? printNftScript(nftables, request) : printIptablesScript(iptables, request);
    case 'remove-script':
      return isNftables
        ? printNftRemoveScript(nftables, request)
        : printIptablesRemoveScript(iptables, request);
    case 'json':
      return printRulesetDocument(request);
    case 'mermaid':
      return printMermaid(request.rulesets);
    case 'svg':
      return printSvg(request.rulesets, describeSubject(request));
    case 'markdown':
      return printMarkdown(request);
    case 'html':
      return printHtml(request);
    case 'services':
      return printServiceManifests(request.services);
  }
}
