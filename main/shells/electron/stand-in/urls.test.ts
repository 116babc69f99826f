import { describe, expect, it } from 'vitest';
import { toApp, toBrowser } from './urls.ts';

const schemes = new Set(['app']);

describe("the app's own URLs in a browser that does not know their scheme", () => {
  it.each([
    ['app://kube-proxy-lab/index.html#/rules', 'https://kube-proxy-lab.app.invalid/index.html#/rules'],
    ['app://kube-proxy-lab/', 'https://kube-proxy-lab.app.invalid/'],
  ])('%s', (app, browser) => {
    expect(toBrowser(app, schemes)).toBe(browser);
    expect(toApp(browser, schemes)).toBe(app);
  });

  it.each(['https://example.com/', 'https://kube-proxy-lab.other.invalid/', 'about:blank'])(
    'leaves %s as it is',
    (url) => {
      expect(toBrowser(url, schemes)).toBe(url);
      expect(toApp(url, schemes)).toBe(url);
    },
  );
});
