/** The whole contract, implemented. */
import { implement } from '@orpc/server';
import { contract } from '../../../app/contract/contract.ts';
import type { SessionContext } from '../session-context.ts';
import { attachmentRouter } from './attachment-router.ts';
import { clusterRouter } from './cluster-router.ts';
import { clustersRouter } from './clusters-router.ts';
import { engineRouter } from './engine-router.ts';
import { exportsRouter } from './exports-router.ts';
import { kindRouter } from './kind-router.ts';
import { labRouter } from './lab-router.ts';
import { nodeRouter } from './node-router.ts';
import { podsRouter } from './pods-router.ts';
import { rulesRouter } from './rules-router.ts';
import { servicesRouter } from './services-router.ts';
import { settingsRouter } from './settings-router.ts';
import { trafficRouter } from './traffic-router.ts';
import { verificationRouter } from './verification-router.ts';

export const sessionRouter = implement(contract).$context<SessionContext>().router({
  attachment: attachmentRouter,
  cluster: clusterRouter,
  clusters: clustersRouter,
  engine: engineRouter,
  exports: exportsRouter,
  kind: kindRouter,
  lab: labRouter,
  node: nodeRouter,
  pods: podsRouter,
  rules: rulesRouter,
  services: servicesRouter,
  settings: settingsRouter,
  traffic: trafficRouter,
  verification: verificationRouter,
});
