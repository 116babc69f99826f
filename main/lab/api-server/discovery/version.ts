import { arch, platform } from 'node:process';

/** The release whose API the server speaks. */
export const kubernetesVersion = 'v1.36.2';

/** `/version`. Clients compare major and minor; the rest says that this is no build of Kubernetes. */
export function versionDocument(): unknown {
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: kubernetesVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'kube-proxy-lab',
    platform: `${platform}/${goArchitecture()}`,
  };
}

/** The processor architecture in Go's words, as nodes and versions carry it. */
export function goArchitecture(): string {
  const names: Record<string, string> = { x64: 'amd64', ia32: '386' };
  return names[arch] ?? arch;
}
