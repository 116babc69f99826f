import type { ExportFormat, ExportFormatInfo } from '../../../app/contract/exports.ts';
import type { Session } from '../../session/session.svelte.ts';

const REMEMBERED = 'export.choice';
/** A moment after the last change of the choice: typing a Service's name asks once. */
const ASK_AFTER_MS = 120;

type Mode = 'userspace' | 'iptables' | 'nftables';
type Dialect = 'current' | 'classic';
type Family = 'IPv4' | 'IPv6';

export interface ExportText {
  readonly text: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly warnings: readonly string[];
}

/** What is to be taken away, and its text. Made inside its component. */
export class ExportPage {
  readonly #session: Session;
  format: ExportFormat = $state('restore');
  /** null: as the node has it now. */
  #mode: Mode | null = $state(null);
  #dialect: Dialect | null = $state(null);
  family: Family = $state('IPv4');
  /** `namespace/name`; null: all Services. */
  services: readonly string[] | null = $state.raw(null);
  formats: readonly ExportFormatInfo[] | undefined = $state.raw();
  result: ExportText | undefined = $state.raw();
  problem: string | undefined = $state();
  isBusy = $state(false);

  constructor(session: Session) {
    this.#session = session;
    const { format, family } = session.remembered(REMEMBERED);
    if (typeof format === 'string') this.format = format as ExportFormat;
    if (family === 'IPv4' || family === 'IPv6') this.family = family;
    $effect(() => this.#followAddress());
    $effect(() => this.#listFormats());
    $effect(() => this.#ask());
  }

  get mode(): Mode {
    return this.#mode ?? this.#session.engine?.engine.mode ?? 'iptables';
  }

  set mode(mode: Mode) {
    this.#mode = mode;
  }

  get dialect(): Dialect {
    return this.#dialect ?? this.#session.engine?.engine.dialect ?? 'current';
  }

  set dialect(dialect: Dialect) {
    this.#dialect = dialect;
  }

  readonly info: ExportFormatInfo | undefined = $derived(this.formats?.find(({ id }) => id === this.format));

  choose(format: ExportFormat): void {
    this.format = format;
    this.#session.remember(REMEMBERED, { format, family: this.family });
  }

  /** Adds a Service to those chosen, or takes it out; without any, all are exported again. */
  toggle(service: string): void {
    const chosen = this.services ?? [];
    const next = chosen.includes(service) ? chosen.filter((one) => one !== service) : [...chosen, service];
    this.services = next.length === 0 ? null : next;
  }

  /** Another view names the Service: `#/export?service=default/mysql-service`. */
  #followAddress(): void {
    const { view, query } = this.#session.router;
    if (view === 'export' && query['service'] !== undefined) this.services = [query['service']];
  }

  #listFormats(): (() => void) | undefined {
    const { mode } = this;
    void this.#session.connection.generation;
    if (this.#session.connection.status !== 'connected') return undefined;
    let gone = false;
    void this.#session.client.exports
      .formats({ mode })
      .then((formats) => {
        if (gone) return;
        this.formats = formats;
        // A format that this mode does not have gives way to one that it has.
        const first = formats.find(({ available }) => available)?.id;
        if (first && !formats.some(({ id, available }) => id === this.format && available))
          this.format = first;
      })
      .catch((error: unknown) => {
        if (!gone) this.problem = messageOf(error);
      });
    return () => {
      gone = true;
    };
  }

  #ask(): (() => void) | undefined {
    const { format, mode, dialect, family, services, info } = this;
    void [this.#session.cluster?.services, this.#session.cluster?.endpointSlices];
    void this.#session.connection.generation;
    if (!info?.available || this.#session.connection.status !== 'connected') {
      this.result = undefined;
      return undefined;
    }
    let gone = false;
    const timer = setTimeout(async () => {
      this.isBusy = true;
      try {
        const result = await this.#session.client.exports.text({
          format,
          mode,
          dialect,
          family,
          services: services && [...services],
        });
        if (gone) return;
        this.result = result;
        this.problem = undefined;
      } catch (error) {
        if (gone) return;
        this.result = undefined;
        this.problem = messageOf(error);
      } finally {
        if (!gone) this.isBusy = false;
      }
    }, ASK_AFTER_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
