import type { ChildProcess } from 'node:child_process';
import type { MessageChannel } from './verb-channel.ts';

/** The channel to a child that was started with an `ipc` stdio entry. */
export function channelToChild(child: ChildProcess): MessageChannel {
  return {
    send: (message) => {
      // A child that has just died is noticed through its close; the callback keeps the failure from throwing.
      if (child.connected) child.send(message as object, () => {});
    },
    onMessage: (listener) => child.on('message', listener),
    onClose: (listener) => {
      child.on('disconnect', listener);
      child.on('error', listener);
    },
  };
}

/** The channel to the process that started this one. Throws where there is none. */
export function channelToParent(): MessageChannel {
  if (!process.send) throw new Error('this program is started by kube-proxy-lab, with a channel to it');
  return {
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => {});
    },
    onMessage: (listener) => process.on('message', listener),
    onClose: (listener) => process.on('disconnect', listener),
  };
}
