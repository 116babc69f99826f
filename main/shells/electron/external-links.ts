/** Where links of the interface may lead: the documentation that it names. They open in the user's browser. */
const HOSTS = new Set([
  'kubernetes.io',
  'github.com',
  'netfilter.org',
  'www.netfilter.org',
  'wiki.nftables.org',
  'man7.org',
  'datatracker.ietf.org',
  'www.rfc-editor.org',
]);

export function mayOpenOutside(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, port, username, password } = new URL(url);
  return protocol === 'https:' && port === '' && username === '' && password === '' && HOSTS.has(hostname);
}
