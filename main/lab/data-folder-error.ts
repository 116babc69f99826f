import { existsSync } from 'node:fs';

/** The data folder, or something in it, cannot be used; the message says why and what to do. */
export class DataFolderError extends Error {
  constructor(message: string, options: ErrorOptions) {
    super(message, options);
    this.name = 'DataFolderError';
  }
}

const elsewhere = 'or name another folder with --data';

function reason(error: NodeJS.ErrnoException, folder: string): string | undefined {
  // A file that cannot be made has no name yet that anybody knows: the folder is at fault.
  const place = error.path !== undefined && existsSync(error.path) ? error.path : folder;
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return `${place} may not be read or written by this user. Give it to this user (chown), ${elsewhere}.`;
    case 'EROFS':
      return `${place} is on a file system that cannot be written. Mount it writable, ${elsewhere}.`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `${place} is in the way of the data folder: a file where a folder should be. Move it away, ${elsewhere}.`;
    case 'EISDIR':
      return `${place} is in the way of a file of the data folder: it is a folder. Move it away, ${elsewhere}.`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space is left for the data folder ${folder}. Free some, ${elsewhere}.`;
    default:
      return undefined;
  }
}

/** An error of the file system met while a lab was started on `folder`, in words; any other as it is. */
export function explainFileError(error: unknown, folder: string): unknown {
  if (!(error instanceof Error)) return error;
  const { syscall, path } = error as NodeJS.ErrnoException;
  // A write to an open file tells no path.
  const inFolder = path === undefined || path === folder || path.startsWith(`${folder}/`);
  const message = syscall !== undefined && inFolder ? reason(error, folder) : undefined;
  return message === undefined ? error : new DataFolderError(message, { cause: error });
}
