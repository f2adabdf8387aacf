/**
 * Bytes that a value takes beside its text, at most, where it is sent or kept: quotes and commas of JSON, tags and lengths of the engine's
 * encoding (google.protobuf.Value).
 */
const OVERHEAD = 16;

/** Limits of data from outside. */
export interface SizeLimits {
  /** Size of the whole as it is sent or kept. */
  bytes: number;
  /** Entries of each map and list. */
  entries: number;
}

/**
 * Finds the limit that a value exceeds. Accepts a value of any size or depth, and stops at the limit; bytes are counted, a little too many
 * rather than too few, so that what a cluster may publish is what its peers read.
 */
export function exceededLimit(value: unknown, limits: SizeLimits): keyof SizeLimits | undefined {
  let bytes = sizeOf(value);
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== "object" || next === null) continue;
    const keys = Array.isArray(next) ? [] : Object.keys(next);
    if ((Array.isArray(next) ? next : keys).length > limits.entries) return "entries";
    for (const key of keys) bytes += Buffer.byteLength(key);
    for (const entry of Object.values(next) as unknown[]) {
      bytes += sizeOf(entry);
      if (typeof entry === "object") pending.push(entry);
    }
    if (bytes > limits.bytes) return "bytes";
  }
  return bytes > limits.bytes ? "bytes" : undefined;
}

function sizeOf(value: unknown): number {
  return OVERHEAD + (typeof value === "string" ? Buffer.byteLength(value) : 0);
}

/** Limits of a JSON text, whose parsed form may take a hundred times its size. */
export interface JsonLimits {
  /** Levels of maps and lists. */
  depth: number;
  /** Maps, lists, and entries of these beside the first. */
  values: number;
}

/** Whether a JSON text exceeds limits; a text that is no JSON gets any answer. */
export function exceedsJson(text: string, { depth, values }: JsonLimits): boolean {
  let level = 0;
  let found = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfText(text, at);
        break;
      case "[":
      case "{":
        level++;
        found++;
        break;
      case "]":
      case "}":
        level--;
        break;
      case ",":
        found++;
    }
    if (level > depth || found > values) return true;
  }
  return false;
}

/** Returns the place of the quotation mark that ends a text. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let escapes = 0;
    while (json[end - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return end;
  }
  return json.length;
}
