const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const longestName = 63;

/** A short random word without vowels, so that it is no word (apimachinery, `util/rand`). */
function randomWord(length: number): string {
  return Array.from({ length }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join('');
}

/** Text as a word of the same alphabet, a letter a character (apimachinery, `rand.SafeEncodeString`). */
export function safeEncode(text: string): string {
  return Array.from(text, (character) => alphabet[character.charCodeAt(0) % alphabet.length]).join('');
}

/** `web-` → `web-x2k7f`; a long base is cut so that the name stays a label. */
export function generateName(base: string): string {
  return base.slice(0, longestName - suffixLength) + randomWord(suffixLength);
}
