/** The door to exports: rules and objects in, one file's text out. */
import type { ExportFormat } from '../contract/exports.ts';
import type { Service } from '../kubernetes/objects.ts';
import type { Dialect } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import { iptablesRestorePieces, iptablesSavePieces } from '../ruleset/iptables-print.ts';
import type { IptablesRuleset, NftablesRuleset, Ruleset } from '../ruleset/model.ts';
import { nftTransactionPieces } from '../ruleset/nft-print.ts';
import { joined } from '../ruleset/text-pieces.ts';
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
  const { fileName, mediaType } = formatInfo(request.format, request.mode);
  return { text: joined(exportPieces(request)), fileName, mediaType };
}

/**
 * The same text piece by piece, made as it is asked for.
 *
 * @throws ExportError at once for a format that the request's rules do not have.
 */
export function exportPieces(request: ExportRequest): Iterable<string> {
  const { format, mode } = request;
  const { available, byFamily } = formatInfo(format, mode);
  if (!available) {
    const instead = mode === 'nftables' ? 'nft' : 'restore';
    throw new ExportError(
      `rules of ${mode} mode cannot be written as ${format}; choose ${instead} or script`,
    );
  }
  if (byFamily && request.rulesets.length > 1) {
    throw new ExportError(`${format} holds the rules of one IP family; choose IPv4 or IPv6`);
  }
  return pieces(request);
}

function pieces(request: ExportRequest): Iterable<string> {
  const iptables = request.rulesets.filter(
    (ruleset): ruleset is IptablesRuleset => ruleset.kind === 'iptables',
  );
  const nftables = request.rulesets.filter(
    (ruleset): ruleset is NftablesRuleset => ruleset.kind === 'nftables',
  );
  switch (request.format) {
    case 'restore':
      return eachInTurn(iptables.map(iptablesRestorePieces));
    case 'save':
      return eachInTurn(iptables.map(iptablesSavePieces));
    case 'nft':
      return nftTransactionPieces(nftables);
    default:
      return [print(request.format, { request, iptables, nftables })];
  }
}

function* eachInTurn(texts: readonly Iterable<string>[]): Generator<string> {
  for (const text of texts) yield* text;
}

/** The formats that are made as a whole. */
function print(
  format: Exclude<ExportFormat, 'restore' | 'save' | 'nft'>,
  {
    request,
    iptables,
    nftables,
  }: { request: ExportRequest; iptables: IptablesRuleset[]; nftables: NftablesRuleset[] },
): string {
  const isNftables = request.mode === 'nftables';
  switch (format) {
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
