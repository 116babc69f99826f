import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './design/tokens.css';
import './design/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { tokenOfPage } from './connection/web-carrier.ts';
import { systemLanguage, useLanguage } from './i18n/messages.svelte.ts';
import { earlyAppearance } from './session/early-appearance.ts';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');
// At once: whatever sets the address's fragment next would take the token with it.
tokenOfPage();
const { locale } = earlyAppearance();
await useLanguage(locale ?? systemLanguage());
// What stood there until now was the first paint: the page's own, before any script.
target.replaceChildren();
mount(App, { target });
