import { quote } from "./text.ts";

/** Kind of a stack: a contract stack, or one that holds the keys of a cluster or of a shared root. */
export type StackKind = "contract" | "keys";

/** Outputs that stacks with keys have, and contract stacks do not. */
const OF_KEYS = ["lastRun", "certificateRequest", "certificateRequests"];

/** Returns the kind of a stack by the names of its outputs; undefined for one of another program, or without an update. */
export function stackKind(names: Iterable<string>): StackKind | undefined {
  const known = new Set(names);
  if (known.has("contractOf")) return "contract";
  return OF_KEYS.some((name) => known.has(name)) ? "keys" : undefined;
}

/**
 * Warns where a stack of another team holds keys.
 * @param path field of the config that names it.
 */
export function keysWarning(path: string, stack: string): string {
  return (
    `${path} is ${quote(stack)}, a stack that holds keys: whoever may read its outputs has its state too, and on Pulumi Cloud ` +
    'may decrypt it. Ask its team for a contract stack, and name that one (docs/trust.md, "Who can read a stack")'
  );
}
