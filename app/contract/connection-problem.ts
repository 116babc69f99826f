/** Why a cluster's API server is not to be had: codes for the window's words (`clusters:problem.CODE`). */
import { z } from 'zod';

export const connectionProblemCodes = [
  /** Nothing listens at the address. */
  'refused',
  /** No answer in time: switched off, or behind a firewall. */
  'timed-out',
  /** The connection was cut. */
  'cut-off',
  /** There is no way to the address from here. */
  'no-route',
  'name-not-resolved',
  'certificate-expired',
  'certificate-not-yet-valid',
  /** Signed by nobody the kubeconfig trusts. */
  'certificate-unknown-authority',
  'certificate-wrong-name',
  /** Another failure of TLS. */
  'tls',
  /** 401: the credentials are missing, wrong or have expired. */
  'unauthorized',
  /** 403 for everything that was asked. */
  'forbidden',
  /** The program that gives the credentials is not installed. */
  'exec-missing',
  'exec-failed',
  'exec-timed-out',
  /** A file that the kubeconfig names (certificate, key, token) cannot be read, or holds no such thing. */
  'credentials-unreadable',
  /** The context names a cluster or a user that the kubeconfig does not have. */
  'context-incomplete',
  /** Something answers that is no Kubernetes API server. */
  'not-kubernetes',
  /** The server answers with an error of its own. */
  'server-error',
  'other',
] as const;

export const connectionProblemSchema = z.object({
  code: z.enum(connectionProblemCodes),
  /** What was said, in its own words (English): of the server, the program or the operating system. */
  detail: z.string(),
});
export type ConnectionProblem = z.infer<typeof connectionProblemSchema>;
export type ConnectionProblemCode = ConnectionProblem['code'];
