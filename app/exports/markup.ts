/** Text as XML and HTML take it: in content and in quoted attributes. Control characters, which XML forbids, go. */
export function escapeMarkup(text: string): string {
  return text
    .replaceAll(CONTROL, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
