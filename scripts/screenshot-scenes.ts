/** What is pictured, in the order in which the lab and the second cluster come to it. */
import type { Page } from 'playwright-core';

export interface Scene {
  name: string;
  path: string;
  /** What is done once the view is there. Nothing in it is found by its words: they are in two languages. */
  act?: (page: Page) => Promise<void>;
}

async function openClusters(page: Page): Promise<void> {
  await page.keyboard.press('c');
  await page.getByRole('dialog').waitFor();
}

const clusters: Scene = { name: 'clusters', path: '/services', act: openClusters };

/** The embedded lab's. */
export const labScenes: readonly Scene[] = [
  { name: 'services', path: '/services' },
  { name: 'service', path: '/services/default/mysql-service' },
  { name: 'service-yaml', path: '/services/default/mysql-service?tab=yaml' },
  { name: 'service-pods', path: '/services/default/mysql-service?tab=pods' },
  { name: 'service-why', path: '/services/default/ssh-service1?tab=diagnosis' },
  { name: 'rules', path: '/rules' },
  { name: 'rules-service', path: '/rules?service=default/mysql-service' },
  { name: 'traffic', path: '/traffic' },
  {
    name: 'traffic-answers',
    path: '/traffic',
    act: (page) => page.locator('main .runs .choose').nth(1).click(),
  },
  { name: 'journey', path: '/journey' },
  { name: 'node', path: '/node' },
  { name: 'node-verify', path: '/node?tab=verify' },
  { name: 'node-syncs', path: '/node?tab=syncs' },
  { name: 'node-listeners', path: '/node?tab=listeners' },
  { name: 'node-conntrack', path: '/node?tab=conntrack' },
  { name: 'node-kernel', path: '/node?tab=kernel' },
  { name: 'export', path: '/export' },
  {
    name: 'mode',
    path: '/services',
    act: async (page) => {
      await page.locator('[data-tour="mode"]').click();
      await page.getByRole('radio', { name: /nftables/ }).click();
    },
  },
  clusters,
  { name: 'palette', path: '/services', act: (page) => page.keyboard.press('Control+K') },
  {
    name: 'keyboard',
    path: '/services',
    act: (page) => page.locator('aside').getByRole('button').last().click(),
  },
];

/** Another cluster's, with several to choose from and no node attached. */
export const clusterScenes: readonly Scene[] = [
  { ...clusters, name: 'clusters-several' },
  {
    name: 'kind',
    path: '/services',
    act: async (page) => {
      await openClusters(page);
      await page.locator('[role="dialog"] .tools button').first().click();
      await page.locator('[role="dialog"] li').first().waitFor();
    },
  },
  { name: 'cluster-services', path: '/services' },
  { name: 'cluster-no-node', path: '/rules' },
  { name: 'node-places', path: '/node' },
  {
    name: 'traffic-ways',
    path: '/traffic?target=web/nodePort&from=here',
    act: (page) => page.locator('main section.ways').waitFor(),
  },
];

/** Another cluster's, whose node is observed and has been damaged by hand. */
export const attachedScenes: readonly Scene[] = [
  { name: 'attached', path: '/node' },
  {
    name: 'attached-findings',
    path: '/node?tab=verify',
    act: (page) => page.locator('main .finding').first().waitFor(),
  },
  { name: 'attached-rules', path: '/rules' },
  {
    name: 'take-over',
    path: '/node',
    act: async (page) => {
      await page.locator('main .bar button').first().click();
      await page.locator('[role="dialog"] [role="radio"]').last().click();
    },
  },
];
