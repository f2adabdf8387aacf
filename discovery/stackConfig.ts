import * as pulumi from "@pulumi/pulumi";
import { type RootConfig, isRootStack, parseRootConfig } from "../federation/config/rootStack.ts";
import { type StackConfig, parseConfig } from "../federation/config/stackConfig.ts";

/**
 * This stack's config, of a cluster or of a shared root, checked as a whole. Every key of the project counts, also one that nobody knows: a misspelt key
 * is a fault and not silence.
 * @throws FaultsError naming every fault with its path, value and remedy.
 */
export function readStackConfig(): StackConfig | RootConfig {
  const namespace = `${pulumi.getProject()}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(namespace));
  const raw = Object.fromEntries(own.map(([key, text]) => [key.slice(namespace.length), plain(text)]));
  const stack = pulumi.getStack();
  return isRootStack(raw) ? parseRootConfig(raw, stack) : parseConfig(raw, stack);
}

/** Pulumi hands structured config over as JSON text, and strings as they are. */
function plain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
