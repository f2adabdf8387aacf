import type { Block } from "./parse.ts";
import { DNS_PORT } from "./stub.ts";

/** An environment variable, which CoreDNS fills in, and what stands for it here. */
const VARIABLE = /\{\$[^}]+\}|\{%.+?%\}/g;
const UNKNOWN = "\0";

/** The keys of a server block; none of a snippet. */
export function serverKeys({ keys }: Block): string[] {
  return keys.length === 1 && /^\(.*\)$/.test(keys[0] ?? "") ? [] : keys;
}

/** The zone of a server block's key, `[scheme://]zone[:port or ports]`, or of an argument: in lower case, without the last dot. */
export function zoneOf(key: string): string {
  return key
    .toLowerCase()
    .replace(/^[a-z0-9]+:\/\//, "")
    .replace(/:[^:]*$/, "")
    .replace(/\.$/, "");
}

/** The zone that environment variables may make of a key, of these; undefined for none, and for a key without any. */
export function zoneItMayBe(key: string, zones: readonly string[]): string | undefined {
  const zone = zoneOf(key.replace(VARIABLE, UNKNOWN));
  const parts = zone.split(UNKNOWN).map((part) => part.replace(/[^\w-]/g, "\\$&"));
  if (parts.length === 1) return undefined;
  const pattern = new RegExp(`^${parts.join(".*")}$`);
  return zones.find((each) => pattern.test(each));
}

/** Where a block with this key listens for plain DNS: nowhere for another protocol; undefined when that cannot be known. */
export function portsOf(key: string): number[] | undefined {
  const [, scheme = "dns", rest = ""] = /^(?:([a-z0-9]+):\/\/)?(.*)$/i.exec(key) ?? [];
  if (scheme.toLowerCase() !== "dns") return [];
  const [, first, last = first] = /:(\d+)(?:-(\d+))?$/.exec(rest) ?? [];
  if (first !== undefined) return first === last ? [Number(first)] : undefined;
  return rest.search(VARIABLE) === -1 ? [DNS_PORT] : undefined;
}
