/** The defaults of a pod and what it is made of (pkg/apis/core/v1 `SetDefaults_Pod` and its kin). */
import { isJsonObject, type JsonObject, jsonCopy, jsonObjects } from '../json.ts';
import { childObject, setMissing } from './missing-fields.ts';

const GRACE_PERIOD_SECONDS = 30;

/** What a Pod has and a pod template has not: requests from limits, service links, host ports. */
export function defaultPod(pod: JsonObject): void {
  const spec = childObject(pod, 'spec');
  const containers = [...jsonObjects(spec['containers']), ...jsonObjects(spec['initContainers'])];
  for (const container of containers) defaultRequests(container);
  spec['enableServiceLinks'] ??= true;
  if (spec['hostNetwork'] === true) for (const container of containers) defaultHostPorts(container);
}

function defaultRequests(container: JsonObject): void {
  const resources = container['resources'];
  if (!isJsonObject(resources) || !isJsonObject(resources['limits'])) return;
  const requests = childObject(resources, 'requests');
  for (const [name, limit] of Object.entries(resources['limits'])) requests[name] ??= jsonCopy(limit);
}

function defaultHostPorts(container: JsonObject): void {
  for (const port of jsonObjects(container['ports'])) {
    if (!port['hostPort'] && port['containerPort'] !== undefined) port['hostPort'] = port['containerPort'];
  }
}

export function defaultPodSpec(spec: JsonObject): void {
  setMissing(spec, 'dnsPolicy', 'ClusterFirst');
  setMissing(spec, 'restartPolicy', 'Always');
  spec['securityContext'] ??= {};
  spec['terminationGracePeriodSeconds'] ??= GRACE_PERIOD_SECONDS;
  setMissing(spec, 'schedulerName', 'default-scheduler');
  // `serviceAccount` is the old name of `serviceAccountName`; the server writes both.
  const account = spec['serviceAccountName'] || spec['serviceAccount'];
  if (account) {
    spec['serviceAccountName'] = account;
    spec['serviceAccount'] = account;
  }
}

export function defaultContainer(container: JsonObject): void {
  setMissing(container, 'imagePullPolicy', pullPolicy(container['image']));
  setMissing(container, 'terminationMessagePath', '/dev/termination-log');
  setMissing(container, 'terminationMessagePolicy', 'File');
}

/** A volume without a source is an empty directory. */
export function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).every((field) => field === 'name')) volume['emptyDir'] = {};
  const image = volume['image'];
  if (isJsonObject(image)) setMissing(image, 'pullPolicy', pullPolicy(image['reference']));
}

/** Images are pulled always when their tag is, or is taken to be, `latest`. */
function pullPolicy(image: unknown): string {
  return imageTag(typeof image === 'string' ? image : '') === 'latest' ? 'Always' : 'IfNotPresent';
}

/** The tag of an image's name: `latest` when it has neither tag nor digest, nothing for a bad name. */
function imageTag(image: string): string {
  if (!/^[a-z0-9]/i.test(image)) return '';
  const [name = '', digest] = image.split('@');
  const tag = /:([\w][\w.-]{0,127})$/.exec(name.slice(name.lastIndexOf('/') + 1))?.[1];
  return tag ?? (digest === undefined ? 'latest' : '');
}
