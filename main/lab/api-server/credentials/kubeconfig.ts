import { writePrivateFile } from './private-file.ts';

const name = 'kube-proxy-lab';

/**
 * Writes a kubeconfig with one context, `kube-proxy-lab`, that holds all a client needs. It is JSON, which
 * is YAML too, so that every client reads it.
 */
export function writeKubeconfig(
  path: string,
  { url, caCertificate, token }: { url: string; caCertificate: string; token: string },
): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: url,
          'certificate-authority-data': Buffer.from(caCertificate, 'utf8').toString('base64'),
        },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  };
  writePrivateFile(path, `${JSON.stringify(config, null, 2)}\n`);
}
