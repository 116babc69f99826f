import { X509Certificate } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
// @peculiar/x509's dependency injection wants Reflect's metadata before it is loaded.
import 'reflect-metadata';
import { readIfThere, writePrivateFile } from './private-file.ts';

export interface ServerCertificates {
  /** PEM; what a client has to trust. */
  caCertificate: string;
  caPath: string;
  certificate: string;
  privateKey: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMilliseconds = 24 * 60 * 60 * 1000;
const caDays = 3650;
const serverDays = 365;
/** A certificate that ends within this time is made anew, so that none ends while the server runs. */
const renewalDays = 30;

/**
 * The server's certificate and its CA, from `directory` or made there. Files of an earlier start are
 * reused while they are valid, so that a client that trusts the CA keeps trusting it.
 */
export async function serverCertificates(
  directory: string,
  names: { dns: string[]; ips: string[] },
): Promise<ServerCertificates> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const authority = readAuthority(directory) ?? (await makeAuthority(directory));
  const server =
    readServer(directory, authority.certificate, names) ?? (await makeServer(directory, authority, names));
  return {
    caCertificate: authority.certificate,
    caPath: join(directory, 'ca.crt'),
    certificate: server.certificate,
    privateKey: server.privateKey,
  };
}

interface KeyedCertificate {
  certificate: string;
  privateKey: string;
}

function readPair(
  directory: string,
  name: string,
): (KeyedCertificate & { x509: X509Certificate }) | undefined {
  const certificate = readIfThere(join(directory, `${name}.crt`));
  const privateKey = readIfThere(join(directory, `${name}.key`));
  if (!certificate || !privateKey) return undefined;
  try {
    const x509 = new X509Certificate(certificate);
    const endsIn = x509.validToDate.getTime() - Date.now();
    const begun = x509.validFromDate.getTime() <= Date.now();
    return begun && endsIn > renewalDays * dayMilliseconds ? { certificate, privateKey, x509 } : undefined;
  } catch {
    return undefined;
  }
}

function readAuthority(directory: string): KeyedCertificate | undefined {
  return readPair(directory, 'ca');
}

function readServer(
  directory: string,
  caCertificate: string,
  names: { dns: string[]; ips: string[] },
): KeyedCertificate | undefined {
  const pair = readPair(directory, 'server');
  if (!pair) return undefined;
  const issued = pair.x509.verify(new X509Certificate(caCertificate).publicKey);
  const named =
    names.dns.every((name) => pair.x509.checkHost(name)) && names.ips.every((ip) => pair.x509.checkIP(ip));
  return issued && named ? pair : undefined;
}

// The library is loaded only where a certificate is made: it costs more than all the rest of a start.
async function makeAuthority(directory: string): Promise<KeyedCertificate> {
  const x509 = await import('@peculiar/x509');
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kube-proxy-lab CA',
    serialNumber: serialNumber(),
    notBefore: yesterday(),
    notAfter: inDays(caDays),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return writePair(directory, 'ca', certificate.toString('pem'), await exportKey(keys.privateKey));
}

async function makeServer(
  directory: string,
  authority: KeyedCertificate,
  names: { dns: string[]; ips: string[] },
): Promise<KeyedCertificate> {
  const x509 = await import('@peculiar/x509');
  const keys = await generateKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=kube-apiserver',
    issuer: issuer.subject,
    serialNumber: serialNumber(),
    notBefore: yesterday(),
    notAfter: inDays(serverDays),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.privateKey),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.dns.map((value) => ({ type: 'dns' as const, value })),
        ...names.ips.map((value) => ({ type: 'ip' as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return writePair(directory, 'server', certificate.toString('pem'), await exportKey(keys.privateKey));
}

function writePair(
  directory: string,
  name: string,
  certificate: string,
  privateKey: string,
): KeyedCertificate {
  writePrivateFile(join(directory, `${name}.key`), privateKey);
  writePrivateFile(join(directory, `${name}.crt`), `${certificate.trim()}\n`);
  return { certificate, privateKey };
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function exportKey(key: CryptoKey): Promise<string> {
  const bytes = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${bytes.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(pem: string): Promise<CryptoKey> {
  const bytes = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  return crypto.subtle.importKey('pkcs8', bytes, algorithm, true, ['sign']);
}

function serialNumber(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .replace(/^[89a-f]/, '1');
}

/** A day of slack for clocks that are set back. */
function yesterday(): Date {
  return new Date(Date.now() - dayMilliseconds);
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * dayMilliseconds);
}
