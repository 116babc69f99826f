import type { Settings } from '../../app/contract/settings.ts';
import { t } from '../i18n/messages.svelte.ts';
import type { Command } from '../session/commands.svelte.ts';
import { pathOf } from '../session/router.svelte.ts';
import type { Session } from '../session/session.svelte.ts';
import { nextZoom } from './appearance.svelte.ts';
import type { FrameState } from './frame-state.svelte.ts';
import { views } from './views.ts';

function viewCommands(session: Session): Command[] {
  return views.map((view, index) => ({
    id: `view.${view.id}`,
    title: t(view.title),
    section: t('frame:palette.goTo'),
    keywords: [view.id],
    keys: `Alt+${index + 1}`,
    run: () => session.router.go(`/${view.id}`),
  }));
}

function labCommands(session: Session, frame: FrameState): Command[] {
  const section = t('frame:palette.lab');
  const loadBalancer = session.engine?.engine.loadBalancer ?? false;
  const clusters: Command = {
    id: 'clusters.choose',
    title: t('clusters:choose'),
    section: t('clusters:title'),
    keywords: ['cluster', 'context', 'kubeconfig', 'kind', 'minikube'],
    keys: 'c',
    run: () => frame.open('clusters'),
  };
  if (session.clusters.unavailable('write')) return [clusters];
  return [
    clusters,
    {
      id: 'lab.mode',
      title: t('frame:mode.switch'),
      section,
      keywords: ['mode', 'userspace', 'iptables', 'nftables', 'dialect'],
      keys: 'm',
      run: () => frame.open('mode'),
    },
    {
      id: 'lab.resync',
      title: t('frame:commands.resync'),
      section,
      keywords: ['sync', 'resync'],
      run: () => session.attempt(() => session.client.engine.resync(), t('frame:commands.resynced')),
    },
    ...(session.clusters.unavailable('loadBalancer')
      ? []
      : [
          {
            id: 'lab.loadBalancer',
            title: loadBalancer ? t('frame:commands.loadBalancerOff') : t('frame:commands.loadBalancerOn'),
            section,
            keywords: ['load balancer', 'LoadBalancer'],
            run: () =>
              session.attempt(() => session.client.engine.setLoadBalancer({ enabled: !loadBalancer })),
          },
        ]),
  ];
}

function windowCommands(session: Session, frame: FrameState): Command[] {
  const section = t('frame:palette.window');
  const change = (changes: Partial<Settings>) => () => session.change(changes);
  const zoom = (by: 1 | -1) => () => session.change({ zoom: nextZoom(session.settings.zoom, by) });
  return [
    {
      id: 'window.palette',
      title: t('frame:palette.title'),
      section,
      keys: 'Ctrl+K',
      run: () => frame.toggle('palette'),
    },
    { id: 'window.help', title: t('frame:help.title'), section, keys: '?', run: () => frame.toggle('help') },
    { id: 'window.messages', title: t('frame:toasts.history'), section, run: () => frame.open('messages') },
    { id: 'window.tour', title: t('frame:tour.start'), section, run: () => frame.open('tour') },
    ...(['system', 'light', 'dark'] as const).map((theme) => ({
      id: `window.theme.${theme}`,
      title: t(`frame:settings.themeIs.${theme}`),
      section,
      keywords: ['theme', theme],
      run: change({ theme }),
    })),
    {
      id: 'window.english',
      title: 'English',
      section,
      keywords: ['language', '语言'],
      run: change({ locale: 'en' }),
    },
    {
      id: 'window.chinese',
      title: '中文',
      section,
      keywords: ['language', 'chinese'],
      run: change({ locale: 'zh' }),
    },
    { id: 'window.zoomIn', title: t('frame:settings.zoomIn'), section, keys: 'Ctrl++', run: zoom(1) },
    { id: 'window.zoomOut', title: t('frame:settings.zoomOut'), section, keys: 'Ctrl+-', run: zoom(-1) },
    {
      id: 'window.zoomReset',
      title: t('frame:settings.zoomReset'),
      section,
      keys: 'Ctrl+0',
      run: change({ zoom: 1 }),
    },
  ];
}

/** What the palette finds beside the commands: every Service. */
export function serviceCommands(session: Session): Command[] {
  const section = t('frame:palette.services');
  return (session.cluster?.services ?? []).map(({ metadata, spec }) => ({
    id: `service.${metadata.uid}`,
    title: `${metadata.namespace ?? 'default'}/${metadata.name}`,
    section,
    ...(spec?.clusterIP ? { hint: spec.clusterIP, keywords: [spec.clusterIP] } : {}),
    run: () => session.router.go(pathOf('services', [metadata.namespace ?? 'default', metadata.name])),
  }));
}

/** What the palette and the keyboard offer wherever the window is. */
export function frameCommands(session: Session, frame: FrameState): Command[] {
  return [...viewCommands(session), ...labCommands(session, frame), ...windowCommands(session, frame)];
}
