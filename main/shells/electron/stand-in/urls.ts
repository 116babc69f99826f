/** The app's own schemes, as a Chromium sees them that does not know them. */

/** `app://kube-proxy-lab/x` → `https://kube-proxy-lab.app.invalid/x`, which no name server ever answers. */
export function toBrowser(url: string, schemes: ReadonlySet<string>): string {
  const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  if (!schemes.has(scheme)) return url;
  return `https://${host}.${scheme}.invalid${rest}`;
}

/** The way back. */
export function toApp(url: string, schemes: ReadonlySet<string>): string {
  const [, host = '', scheme = '', rest = ''] =
    /^https:\/\/([^/?#]*)\.([a-z0-9+-]+)\.invalid(.*)$/is.exec(url) ?? [];
  return schemes.has(scheme) ? `${scheme}://${host}${rest}` : url;
}
