import * as pulumi from "@pulumi/pulumi";
import { type RootConfig, isRootStack, parseRootConfig } from "../federation/config/rootStack.ts";
import { type StackConfig, parseConfig } from "../federation/config/stackConfig.ts";
import type { Findings } from "../federation/core/findings.ts";

/**
 * Reads this stack's config, of a cluster or of a shared root. A misspelt key is a fault too.
 * @returns undefined when it is too faulty to read anything by it.
 */
export function readStackConfig(findings: Findings): StackConfig | RootConfig | undefined {
  const all = Object.entries(pulumi.runtime.allConfig());
  const namespace = `${pulumi.getProject()}:`;
  const own = all.filter(([key]) => key.startsWith(namespace));
  const raw = Object.fromEntries(own.map(([key, text]) => [key.slice(namespace.length), parseValue(text)]));
  const keys = all.map(([key]) => key);
  const parse = isRootStack(raw) ? parseRootConfig : parseConfig;
  const { config, faults } = parse(raw, pulumi.getStack(), keys);
  findings.fault(...faults);
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
