import { describe, expect, it } from 'vitest';
import { mayOpenOutside } from './external-links.ts';

describe('links to the outside', () => {
  it.each([
    'https://kubernetes.io/docs/reference/networking/virtual-ips/',
    'https://github.com/kubernetes/kubernetes/issues/1',
    'https://man7.org/linux/man-pages/man8/iptables.8.html',
  ])('opens %s', (url) => expect(mayOpenOutside(url)).toBe(true));

  it.each([
    'http://kubernetes.io/',
    'https://kubernetes.io.example.com/',
    'https://example.com/?kubernetes.io',
    'https://kubernetes.io@example.com/',
    'https://user:secret@kubernetes.io/',
    'https://kubernetes.io:8443/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ssh://github.com/',
    'app://kube-proxy-lab/index.html',
    'kubernetes.io',
    '',
  ])('does not open %j', (url) => expect(mayOpenOutside(url)).toBe(false));
});
