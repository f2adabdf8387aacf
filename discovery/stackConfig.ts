import * as pulumi from "@pulumi/pulumi";
import { type RootConfig, isRootStack, parseRootConfig } from "../federation/config/rootStack.ts";
import { type StackConfig, parseConfig } from "../federation/config/stackConfig.ts";
import { FaultsError } from "../federation/core/fault.ts";

/**
 * Returns this stack's config, of a cluster or of a shared root, checked as a whole. A misspelt key is a fault too.
 * @throws FaultsError naming every fault with its path, value and remedy.
 */
export function readStackConfig(): StackConfig | RootConfig {
  const all = Object.entries(pulumi.runtime.allConfig());
  const namespace = `${pulumi.getProject()}:`;
  const own = all.filter(([key]) => key.startsWith(namespace));
  const raw = Object.fromEntries(own.map(([key, text]) => [key.slice(namespace.length), parseValue(text)]));
  const keys = all.map(([key]) => key);
  const stack = pulumi.getStack();
  const parse = isRootStack(raw) ? parseRootConfig : parseConfig;
  const { config, faults } = parse(raw, stack, keys);
  if (config === undefined || faults.length > 0) throw new FaultsError(`config of stack ${stack}`, faults);
  return config;
}

/** Parses a value: Pulumi hands structured config over as JSON text, and strings as they are. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
