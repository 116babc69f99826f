import Boxes from '@lucide/svelte/icons/boxes';
import Download from '@lucide/svelte/icons/download';
import ListTree from '@lucide/svelte/icons/list-tree';
import Route from '@lucide/svelte/icons/route';
import Server from '@lucide/svelte/icons/server';
import Zap from '@lucide/svelte/icons/zap';
import type { Component } from 'svelte';
import type { Ability } from '../../app/contract/clusters.ts';

export interface View {
  /** The first segment of its address. */
  id: string;
  /** `frame:views.services` */
  title: string;
  icon: Component;
  /** Without it there is nothing to show; the reason is, then. */
  needs?: Ability;
  /** A chunk of its own: it is loaded when it is gone to. */
  load: () => Promise<{ default: Component }>;
}

/** The views, in the sidebar's order; Alt and the number goes to each. */
export const views: readonly View[] = [
  {
    id: 'services',
    title: 'frame:views.services',
    icon: Boxes,
    load: () => import('../views/services/ServicesView.svelte'),
  },
  {
    id: 'rules',
    title: 'frame:views.rules',
    icon: ListTree,
    needs: 'node',
    load: () => import('../views/rules/RulesView.svelte'),
  },
  {
    id: 'traffic',
    title: 'frame:views.traffic',
    icon: Zap,
    load: () => import('../views/traffic/TrafficView.svelte'),
  },
  {
    id: 'journey',
    title: 'frame:views.journey',
    icon: Route,
    load: () => import('../views/journey/JourneyView.svelte'),
  },
  {
    id: 'node',
    title: 'frame:views.node',
    icon: Server,
    load: () => import('../views/node/NodeView.svelte'),
  },
  {
    id: 'export',
    title: 'frame:views.export',
    icon: Download,
    load: () => import('../views/export/ExportView.svelte'),
  },
];
