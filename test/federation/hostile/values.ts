/** Values that no contract should have, made anew at each call as mutations change them in place. */

/** Values of unexpected types, of JSON and beyond. */
export const WRONG: readonly (() => unknown)[] = [
  () => null,
  () => undefined,
  () => true,
  () => 0,
  () => -0,
  () => -1,
  () => 1.5,
  () => 65535,
  () => 65536,
  () => 2 ** 53,
  () => Number.MAX_VALUE,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => 10n,
  () => "",
  () => " ",
  () => "1",
  () => "null",
  () => [],
  () => [[]],
  () => [null],
  () => ["a"],
  () => ({}),
  () => ({ length: 5 }),
  () => ({ toString: 1, valueOf: 1, toJSON: 1 }),
  () => JSON.parse('{"__proto__": {"ports": []}, "constructor": {"prototype": 1}}') as unknown,
];

/** Keys that mean something to JavaScript, or to Pulumi. */
export const ODD_KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "__services",
  "__provider",
  "services",
  "4dabf18193072939515e22adb298388d",
  "",
  "0",
  "\ud800",
] as const;

/** Large beyond reason, or deep. */
export const HUGE: readonly (() => unknown)[] = [
  () => "a".repeat(20_000),
  () => "a.".repeat(20_000),
  () => "a-".repeat(20_000),
  () => `spiffe://cluster-b.local${"/a".repeat(20_000)}`,
  () => "-----BEGIN ".repeat(20_000),
  () => "🂡".repeat(10_000),
  () => Array.from({ length: 3000 }, () => 0),
  () => Array.from({ length: 2000 }, () => ({})),
  () => Array.from({ length: 2000 }, (_, index) => `spiffe://cluster-b.local/ns/x/sa/s${index}`),
  () => Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`key${index}`, null])),
  () => nested((inner) => [inner]),
  () => nested((inner) => ({ inner })),
];

function nested(around: (inner: unknown) => unknown): unknown {
  let value: unknown = 0;
  for (let level = 0; level < 10_000; level++) value = around(value);
  return value;
}

/** Changes of a text that should not pass unseen. */
export const EDITS: readonly ((text: string) => string)[] = [
  (text) => text.toUpperCase(),
  (text) => text.slice(0, -1),
  (text) => text.slice(1),
  (text) => `${text}${text}`,
  (text) => `${text}.`,
  (text) => `.${text}`,
  (text) => `*.${text}`,
  (text) => `*${text}`,
  (text) => `${text}-`,
  (text) => `${text}_`,
  (text) => `${text}/`,
  (text) => `${text}/.././x`,
  (text) => `${text}:443`,
  (text) => `[${text}]`,
  (text) => `${text}.evil.example`,
  (text) => `evil.example/${text}`,
  (text) => `evil.example@${text}`,
  (text) => `evil.example.${text}`,
  (text) => `evil${text}`,
  (text) => text.replaceAll(".", ".."),
  (text) => text.replaceAll(".", "-"),
  (text) => text.replace(/[aeo]/, (letter) => ({ a: "а", e: "е", o: "о" })[letter] ?? letter),
  (text) => text.replaceAll("k", "\u212a").replaceAll("i", "\u0131"),
  (text) => `k8s.${text}`.replace("k", "\u212a"),
  (text) => text.normalize("NFD").replace(/[a-z]/, (letter) => `${letter}\u0301`),
  (text) => `xn--${text}`,
  (text) => text.replace(".", "。"),
  (text) => text.replace(/[0-9]/, "١"),
  (text) => `${text}\n`,
  (text) => `${text}\r\nSet-Cookie: a`,
  (text) => ` ${text}`,
  (text) => `${text}\t`,
  (text) => `${text}\0`,
  (text) => `${text}\u200b`,
  (text) => `\u202e${text}`,
  (text) => `\u001b[2J${text}`,
  (text) => `${text}\ud800`,
  (text) => `\udc00${text}`,
  (text) => `${text}%2e`,
  (text) => `${text}\${jndi:x}`,
];

/** Longest texts that some limit allows, and those one longer. */
export const LENGTHS: readonly number[] = [62, 63, 64, 252, 253, 254, 255, 256, 2048, 2049];
