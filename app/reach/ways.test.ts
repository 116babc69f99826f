import { describe, expect, test } from 'vitest';
import { type ClusterSurroundings, type NodePortAsked, type Way, waysTo } from './ways.ts';
import { wayInWords } from './words.ts';

const ASKED: NodePortAsked = {
  namespace: 'default',
  service: 'web',
  port: 80,
  nodePort: 30080,
  protocol: 'TCP',
};
const MAPPED = { containerPort: 30080, protocol: 'TCP', hostAddress: '0.0.0.0', hostPort: 8080 } as const;
const KIND: ClusterSurroundings = {
  provider: 'kind', platform: 'linux', node: 'container', nodeAddresses: ['172.18.0.2'], published: [],
}; // biome-ignore format: one cluster
const on = (part: Partial<ClusterSurroundings>): ClusterSurroundings => ({ ...KIND, ...part });

/** `address:port` or the command's first words, from where, whether, and why. */
const short = ({ from, works, reason, address, port, command }: Way): string =>
  `${command?.slice(0, 2).join(' ') ?? (address === undefined ? '-' : `${address} ${port}`)} | ${from} | ${works} | ${reason}`;

describe('the ways to a node port', () => {
  test.each<[name: string, cluster: ClusterSurroundings, here: string[]]>([
    [
      'kind on Linux',
      KIND,
      [
        '172.18.0.2 30080 | this computer | yes | bridge-of-this-kernel',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '- | this computer | no | not-published',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      'kind on Linux with the port mapped',
      on({ published: [MAPPED] }),
      [
        '127.0.0.1 8080 | this computer | yes | published',
        '172.18.0.2 30080 | this computer | yes | bridge-of-this-kernel',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      'kind on Linux with the same port mapped on one address',
      on({ published: [{ ...MAPPED, hostAddress: '192.168.1.9', hostPort: 30080 }] }),
      [
        '192.168.1.9 30080 | this computer | yes | published',
        '172.18.0.2 30080 | this computer | yes | bridge-of-this-kernel',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
      ],
    ],
    [
      'kind with the port mapped for UDP',
      on({ published: [{ ...MAPPED, protocol: 'UDP' }] }),
      [
        '172.18.0.2 30080 | this computer | yes | bridge-of-this-kernel',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '- | this computer | no | published-for-another-protocol',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      'kind under Docker Desktop',
      on({ platform: 'darwin', node: 'container in a virtual machine', published: [MAPPED] }),
      [
        '127.0.0.1 8080 | this computer | yes | published',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '172.18.0.2 30080 | this computer | no | bridge-in-virtual-machine',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      'kind with rootless podman',
      on({ node: 'container of a rootless runtime', published: [{ ...MAPPED, hostAddress: '::' }] }),
      [
        '::1 8080 | this computer | yes | published',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '172.18.0.2 30080 | this computer | no | bridge-of-rootless-runtime',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      'kind on another computer',
      on({ node: 'container of another computer', published: [MAPPED] }),
      [
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '127.0.0.1 8080 | this computer | no | bridge-of-another-computer',
        '172.18.0.2 30080 | this computer | no | bridge-of-another-computer',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      'minikube in a virtual machine',
      on({ provider: 'minikube', node: 'virtual machine', nodeAddresses: ['192.168.39.4'] }),
      [
        '192.168.39.4 30080 | this computer | yes | machine-address',
        'minikube service | this computer | yes | tunnel-command',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      'minikube with QEMU on macOS',
      on({
        provider: 'minikube',
        platform: 'darwin',
        node: 'virtual machine behind user networking',
        nodeAddresses: ['10.0.2.15'],
      }),
      [
        'minikube service | this computer | yes | tunnel-command',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '10.0.2.15 30080 | this computer | no | user-networking',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      "minikube's docker driver on Windows",
      on({
        provider: 'minikube',
        platform: 'win32',
        node: 'container in a virtual machine',
        nodeAddresses: ['192.168.49.2'],
      }),
      [
        'minikube service | this computer | yes | tunnel-command',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '- | this computer | no | not-published',
        '192.168.49.2 30080 | this computer | no | bridge-in-virtual-machine',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
    [
      "minikube's driver none",
      on({ provider: 'minikube', node: 'this computer', nodeAddresses: ['192.168.1.9'] }),
      [
        '192.168.1.9 30080 | this computer | yes | own-address',
        'minikube service | this computer | yes | tunnel-command',
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
      ],
    ],
    [
      'a cluster elsewhere',
      on({ provider: 'other', node: 'unknown', nodeAddresses: ['10.1.2.3', 'fd00::3'] }),
      [
        'kubectl port-forward | this computer | yes | forward-past-kube-proxy',
        '10.1.2.3 30080 | this computer | perhaps | unknown-route',
        'fd00::3 30080 | this computer | perhaps | unknown-route',
        '127.0.0.1 30080 | this computer | no | loopback-is-not-the-node',
      ],
    ],
  ])('%s', (_name, cluster, here) => {
    const ways = waysTo(ASKED, cluster);
    expect(ways.filter(({ from }) => from === 'this computer').map(short)).toEqual(here);
    const inside = ways.filter(({ from }) => from === 'pod');
    expect(inside.map(({ address, works }) => [address, works])).toEqual(
      cluster.nodeAddresses.map((address) => [address, 'yes']),
    );
  });

  test('UDP does not pass the tunnels of commands', () => {
    const ways = waysTo({ ...ASKED, protocol: 'UDP' }, on({ provider: 'minikube' }));
    const commands = ways.filter(({ command }) => command);
    expect(commands.map(({ works, reason }) => [works, reason])).toEqual([
      ['no', 'tunnel-carries-tcp-alone'],
      ['no', 'tunnel-carries-tcp-alone'],
    ]);
  });

  test.each<[provider: ClusterSurroundings['provider'], remedy: object | undefined]>([
    [
      'kind',
      {
        how: 'kind-mapping',
        yaml: 'extraPortMappings:\n- containerPort: 30080\n  hostPort: 30080\n  protocol: UDP\n',
        recreates: true,
      },
    ],
    [
      'k3d',
      {
        how: 'command',
        command: ['k3d', 'cluster', 'create', '--port', '30080:30080/udp@server:0'],
        recreates: true,
      },
    ],
    [
      'minikube',
      { how: 'command', command: ['minikube', 'start', '--ports=30080:30080/udp'], recreates: true },
    ],
    ['other', undefined],
  ])('what would publish it with %s', (provider, remedy) => {
    const ways = waysTo({ ...ASKED, protocol: 'UDP' }, on({ provider }));
    expect(ways.find(({ reason }) => reason === 'not-published')?.remedy).toEqual(remedy);
  });

  test('each is told in a line', () => {
    const lines = waysTo(ASKED, on({ published: [MAPPED], nodeAddresses: ['fd00::2'] })).map(wayInWords);
    expect(lines[0]).toBe(
      '127.0.0.1:8080 from this computer: yes, the container runtime leads this port of the computer to the node',
    );
    expect(lines).toContain("[fd00::2]:30080 from a pod: yes, the node's own address is reached from there");
  });
});
