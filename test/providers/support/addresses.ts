import { networkAt } from "../../../lab/addressRange.ts";

let used = 0;

/** A loopback address that no other API server of this process has, nor any other process: see test/lab/holdRange.ts. */
export function nextAddress(): string {
  return `${networkAt(6)}.${++used}.1`;
}
