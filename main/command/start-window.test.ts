import { describe, expect, it } from 'vitest';
import { windowHindrance } from './start-window.ts';

describe('whether Electron can open a window', () => {
  it.each([
    ['an X display', { platform: 'linux', env: { DISPLAY: ':0' }, uid: 1000 }, undefined],
    ['a Wayland display', { platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' }, uid: 1000 }, undefined],
    ['macOS', { platform: 'darwin', env: {}, uid: 501 }, undefined],
    ['Windows', { platform: 'win32', env: {}, uid: undefined }, undefined],
    ['no display', { platform: 'linux', env: {}, uid: 1000 }, 'there is no display'],
    ['root', { platform: 'linux', env: { DISPLAY: ':0' }, uid: 0 }, expect.stringContaining('as root')],
  ])('%s', (_where, desktop, hindrance) => {
    expect(windowHindrance(desktop)).toEqual(hindrance);
  });
});
