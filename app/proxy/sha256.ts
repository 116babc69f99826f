/**
 * SHA-256 (FIPS 180-4), for names.
 *
 * Written out here because chain names are derived in pure code, and the platform offers it either only in
 * Node (`node:crypto`) or only as a promise (WebCrypto); rulesets are built in one synchronous pass.
 */

const ROUND_CONSTANTS = primeConstants(64, (prime) => Math.cbrt(prime));
const INITIAL_STATE = primeConstants(8, (prime) => Math.sqrt(prime));

const encoder = new TextEncoder();
// Working memory is kept between calls: a large cluster's names take tens of thousands of digests, and fresh
// arrays for each cost more than the arithmetic.
const schedule = new Int32Array(64);
const state = new Int32Array(8);
let message = new Uint8Array(1024);
let messageView = new DataView(message.buffer);

/** The 32 bytes of the digest of a text's UTF-8 bytes. */
export function sha256(text: string): Uint8Array {
  digest(text);
  return Uint8Array.from({ length: 32 }, (_, index) => (state[index >> 2] ?? 0) >>> (24 - (index & 3) * 8));
}

/** Leaves the digest in `state`. */
function digest(text: string): void {
  const length = loadMessage(text);
  state.set(INITIAL_STATE);
  for (let offset = 0; offset < length; offset += 64) compress(offset);
}

const ALPHABET = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'].map((letter) => letter.charCodeAt(0));

/**
 * The digest's first `length` characters in base32 (RFC 4648), at most 51: five bits each, straight from the
 * state, because bytes and buffers in between would cost as much as the digest.
 */
export function sha256Base32(text: string, length: number): string {
  digest(text);
  const codes = new Array<number>(length);
  for (let index = 0; index < length; index++) codes[index] = ALPHABET[fiveBits(index * 5)] ?? 0;
  return String.fromCharCode(...codes);
}

/** The five bits of the state from a bit on, which may lie in two words. */
function fiveBits(bit: number): number {
  const word = state[bit >> 5] ?? 0;
  const offset = bit & 31;
  if (offset <= 27) return (word >>> (27 - offset)) & 31;
  return ((word << (offset - 27)) | ((state[(bit >> 5) + 1] ?? 0) >>> (59 - offset))) & 31;
}

/** Puts a text into `message`, with a one bit, zeros and its length in bits, up to a whole block. */
function loadMessage(text: string): number {
  // No UTF-16 unit takes more than three bytes.
  const capacity = text.length * 3 + 72;
  if (capacity > message.length) {
    message = new Uint8Array(capacity * 2);
    messageView = new DataView(message.buffer);
  }
  const { written } = encoder.encodeInto(text, message);
  const length = Math.ceil((written + 9) / 64) * 64;
  message.fill(0, written, length);
  message[written] = 0x80;
  messageView.setUint32(length - 4, written * 8);
  return length;
}

function fillSchedule(offset: number): void {
  const w = schedule;
  for (let t = 0; t < 16; t++) w[t] = messageView.getInt32(offset + t * 4);
  for (let t = 16; t < 64; t++) {
    const w2 = w[t - 2] ?? 0;
    const w15 = w[t - 15] ?? 0;
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3);
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10);
    w[t] = s1 + (w[t - 7] ?? 0) + s0 + (w[t - 16] ?? 0);
  }
}

function compress(offset: number): void {
  fillSchedule(offset);
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let f = state[5] ?? 0;
  let g = state[6] ?? 0;
  let h = state[7] ?? 0;
  for (let t = 0; t < 64; t++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + sum1 + choice + (ROUND_CONSTANTS[t] ?? 0) + (schedule[t] ?? 0)) | 0;
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
  add(0, a);
  add(1, b);
  add(2, c);
  add(3, d);
  add(4, e);
  add(5, f);
  add(6, g);
  add(7, h);
}

function add(index: number, word: number): void {
  state[index] = (state[index] ?? 0) + word;
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
