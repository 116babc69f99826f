/** What Electron's main process says itself, in its menu and dialogs, in the languages of the interface. */
import type { View } from './view-names.ts';

interface Messages {
  file: string;
  newWindow: string;
  quit: string;
  view: string;
  views: Record<View, string>;
  help: string;
  documentation: string;
  labFailed: string;
  tryAgain: string;
}

const en: Messages = {
  file: 'File',
  newWindow: 'New Window',
  quit: 'Quit',
  view: 'View',
  views: {
    services: 'Services',
    rules: 'Rules',
    traffic: 'Traffic',
    journey: 'Journey',
    node: 'Node',
    export: 'Export',
  },
  help: 'Help',
  documentation: 'Virtual IPs and Service Proxies (kubernetes.io)',
  labFailed: 'The lab did not start',
  tryAgain: 'Try again',
};

const zh: Messages = {
  file: '文件',
  newWindow: '新建窗口',
  quit: '退出',
  view: '视图',
  views: { services: '服务', rules: '规则', traffic: '流量', journey: '旅程', node: '节点', export: '导出' },
  help: '帮助',
  documentation: '虚拟 IP 和服务代理（kubernetes.io）',
  labFailed: '实验环境未能启动',
  tryAgain: '重试',
};

/** `locale` as the system names it: `zh-CN`, `en-US`. */
export function messagesFor(locale: string): Messages {
  return /^zh\b/i.test(locale) ? zh : en;
}
