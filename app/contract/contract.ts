/**
 * All that the user interface and the commands ask of a running lab: one router, whatever carries it.
 * Everything that crosses is validated by these schemas at the border.
 */
import { attachmentContract } from './attachment.ts';
import { clusterContract } from './cluster.ts';
import { clustersContract } from './clusters.ts';
import { engineContract } from './engine.ts';
import { exportsContract } from './exports.ts';
import { kindContract } from './kind.ts';
import { labContract } from './lab.ts';
import { nodeContract } from './node.ts';
import { podsContract } from './pods.ts';
import { rulesContract } from './rules.ts';
import { servicesContract } from './services.ts';
import { settingsContract } from './settings.ts';
import { trafficContract } from './traffic.ts';
import { verificationContract } from './verification.ts';

export const contract = {
  /** The chosen cluster's node. */
  attachment: attachmentContract,
  /** The chosen cluster's objects. */
  cluster: clusterContract,
  clusters: clustersContract,
  engine: engineContract,
  exports: exportsContract,
  kind: kindContract,
  /** What the commands ask. */
  lab: labContract,
  node: nodeContract,
  pods: podsContract,
  rules: rulesContract,
  services: servicesContract,
  settings: settingsContract,
  traffic: trafficContract,
  verification: verificationContract,
};
