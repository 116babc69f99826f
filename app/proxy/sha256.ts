/**
 * SHA-256 (FIPS 180-4), for names.
 *
 * Written out here because chain names are derived in pure code, and the platform offers it either only in
 * Node (`node:crypto`) or only as a promise (WebCrypto); rulesets are built in one synchronous pass.
 */

const ROUND_CONSTANTS = primeConstants(64, (prime) => Math.cbrt(prime));
const INITIAL_STATE = primeConstants(8, (prime) => Math.sqrt(prime));

const encoder = new TextEncoder();
const schedule = new Int32Array(64);

/** The 32 bytes of the digest of a text's UTF-8 bytes. */
export function sha256(text: string): Uint8Array {
  const message = pad(encoder.encode(text));
  const state = Int32Array.from(INITIAL_STATE);
  const view = new DataView(message.buffer);
  for (let offset = 0; offset < message.length; offset += 64) compress(state, view, offset);
  const digest = new Uint8Array(32);
  const output = new DataView(digest.buffer);
  state.forEach((word, index) => {
    output.setInt32(index * 4, word);
  });
  return digest;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 base32 without padding. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
  }
  return bits > 0 ? text + (ALPHABET[(held << (5 - bits)) & 31] ?? '') : text;
}

/** Appends a one bit, zeros and the length in bits, up to a whole block. */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes.length * 8);
  return padded;
}

function compress(state: Int32Array, message: DataView, offset: number): void {
  const w = schedule;
  for (let t = 0; t < 16; t++) w[t] = message.getInt32(offset + t * 4);
  for (let t = 16; t < 64; t++) {
    const [w2, w7, w15, w16] = [w[t - 2] ?? 0, w[t - 7] ?? 0, w[t - 15] ?? 0, w[t - 16] ?? 0];
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3);
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10);
    w[t] = s1 + w7 + s0 + w16;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + sum1 + choice + (ROUND_CONSTANTS[t] ?? 0) + (w[t] ?? 0)) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + sum0 + majority) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = (state[index] ?? 0) + word;
  });
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits of the fractional parts of a root of the first primes, as the standard derives them. */
function primeConstants(count: number, root: (prime: number) => number): Int32Array {
  const constants = new Int32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate++) {
    if (!isPrime(candidate)) continue;
    const value = root(candidate);
    constants[found] = Math.floor((value - Math.floor(value)) * 2 ** 32);
    found += 1;
  }
  return constants;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) {
    if (number % divisor === 0) return false;
  }
  return true;
}
