/** Saves a text as a file, through the browser's own download: in Electron its shell asks where to. */
export function saveFile(name: string, mediaType: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has taken the address by then; without a pause some browsers lose it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Bytes of a text as UTF-8: what the file will take. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
