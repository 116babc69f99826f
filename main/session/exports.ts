/** Rules and Services as text to take away. */
import type { ExportFormat, ExportFormatInfo } from '../../app/contract/exports.ts';
import { ExportError } from '../../app/exports/export-error.ts';
import { exportText } from '../../app/exports/export-text.ts';
import { exportFormatsOf, formatInfo } from '../../app/exports/formats.ts';
import { type IPFamily, objectKey, type Service } from '../../app/kubernetes/objects.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { ClusterObjects } from '../cluster/cluster-objects.ts';
import { contractError } from './refusals.ts';
import type { WantedRequest, WantedRules } from './wanted-rules.ts';

export interface ExportsOptions {
  objects: ClusterObjects;
  nodeName: () => string;
  wantedRules: (request: WantedRequest) => Promise<WantedRules>;
}

export interface ExportQuestion {
  format: ExportFormat;
  mode: ProxyMode;
  dialect: Dialect;
  family: IPFamily;
  services: string[] | null;
}

export interface ExportAnswer {
  text: string;
  fileName: string;
  mediaType: string;
  warnings: string[];
}

/** iptables-restore refuses a file whose nfacct objects have not been made; a kube-proxy without them leaves them out. */
const LOADS_ANYWHERE = { nfacct: false };

const NO_RULES: WantedRules = { rulesets: [], warnings: [], listeners: 0 };

export class Exports {
  readonly #options: ExportsOptions;

  constructor(options: ExportsOptions) {
    this.#options = options;
  }

  formats(mode: ProxyMode): ExportFormatInfo[] {
    return exportFormatsOf(mode);
  }

  /** @throws ORPCError REFUSED for a format that the mode does not have, NOT_FOUND for a Service that is not there */
  async text({ format, mode, dialect, family, services: chosen }: ExportQuestion): Promise<ExportAnswer> {
    const services = this.#services(chosen);
    const families: IPFamily[] = formatInfo(format, mode).byFamily ? [family] : ['IPv4', 'IPv6'];
    try {
      const { rulesets, warnings } =
        format === 'services'
          ? NO_RULES
          : await this.#options.wantedRules({
              mode,
              dialect,
              families,
              services: chosen,
              ...(format === 'restore' ? LOADS_ANYWHERE : {}),
            });
      const nodeName = this.#options.nodeName();
      return { ...exportText({ format, mode, dialect, rulesets, services, nodeName }), warnings };
    } catch (error) {
      throw error instanceof ExportError ? contractError('REFUSED', error.message) : error;
    }
  }

  #services(chosen: readonly string[] | null): Service[] {
    const all = this.#options.objects.list<Service>('services');
    if (chosen === null) return all;
    const wanted = new Set(chosen);
    const found = all.filter((service) => wanted.delete(objectKey(service)));
    const [missing] = wanted;
    if (missing !== undefined) throw contractError('NOT_FOUND', `there is no Service ${missing}`);
    return found;
  }
}
