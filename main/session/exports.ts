/** Rules and Services as text to take away. */
import { type ExportFormat, type ExportFormatInfo, exportFormats } from '../../app/contract/exports.ts';
import { contractError } from './refusals.ts';

export class Exports {
  formats(_mode: string): ExportFormatInfo[] {
    return exportFormats.map((id) => ({
      id,
      available: false,
      reason: 'later',
      fileName: id,
      mediaType: 'text/plain',
      byFamily: false,
    }));
  }

  text({ format }: { format: ExportFormat }): never {
    throw contractError('REFUSED', `the format ${format} is not made yet`);
  }
}
