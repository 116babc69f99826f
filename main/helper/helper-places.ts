/** Where the helper keeps what it must remember; fixed, so that nobody who asks it can choose. */
export function helperPlaces(): { journal: string; audit: string } {
  const isLinux = process.platform === 'linux';
  return {
    // Gone with a restart of the machine, as the rules are.
    journal: isLinux ? '/run/kube-proxy-lab/journal' : '/var/run/kube-proxy-lab/journal',
    audit: '/var/log/kube-proxy-lab-helper.log',
  };
}
