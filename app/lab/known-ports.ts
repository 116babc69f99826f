import type { Container, ContainerPort } from '../kubernetes/objects.ts';

type ListeningPort = Pick<ContainerPort, 'containerPort' | 'name'> & { protocol: 'TCP' | 'UDP' };

const tcp = (containerPort: number): ListeningPort => ({ containerPort, protocol: 'TCP' });
const udp = (containerPort: number): ListeningPort => ({ containerPort, protocol: 'UDP' });

/** The ports that well-known images listen on without being told (their EXPOSE lines). */
const portsByImage: Record<string, ListeningPort[]> = {
  apache: [tcp(80)],
  caddy: [tcp(80)],
  cassandra: [tcp(9042)],
  coredns: [udp(53), tcp(53)],
  elasticsearch: [tcp(9200)],
  etcd: [tcp(2379)],
  grafana: [tcp(3000)],
  haproxy: [tcp(80)],
  httpd: [tcp(80)],
  influxdb: [tcp(8086)],
  mariadb: [tcp(3306)],
  memcached: [tcp(11211)],
  mongo: [tcp(27017)],
  mysql: [tcp(3306)],
  nats: [tcp(4222)],
  nginx: [tcp(80)],
  openssh: [tcp(22)],
  postgres: [tcp(5432)],
  prometheus: [tcp(9090)],
  rabbitmq: [tcp(5672)],
  redis: [tcp(6379)],
  registry: [tcp(5000)],
  sshd: [tcp(22)],
  tomcat: [tcp(8080)],
  traefik: [tcp(80)],
  wordpress: [tcp(80)],
};

/** `registry.example.org:5000/library/nginx:1.27@sha256:…` → `nginx` */
export function imageName(image: string): string {
  const withoutDigest = image.split('@')[0] ?? '';
  const lastPart = withoutDigest.split('/').at(-1) ?? '';
  return lastPart.split(':')[0] ?? '';
}

/**
 * The ports on which a container of the lab answers: those it declares; without any, those its image is
 * known for; else TCP 8080. SCTP ports are left out: the lab's echo server speaks TCP and UDP.
 */
export function listeningPorts(container: Container): ListeningPort[] {
  if (container.ports?.length) {
    return container.ports
      .filter((port) => port.protocol !== 'SCTP')
      .map(({ containerPort, protocol, name }) => ({
        containerPort,
        protocol: protocol === 'UDP' ? 'UDP' : 'TCP',
        ...(name ? { name } : {}),
      }));
  }
  const known = portsByImage[imageName(container.image ?? '')];
  return known ?? [tcp(8080)];
}
