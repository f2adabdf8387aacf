import * as pulumi from "@pulumi/pulumi";
import { type RootConfig, isRootStack, parseRootConfig } from "../federation/config/rootStack.ts";
import { type ParsedConfig, type StackConfig, parseConfig } from "../federation/config/stackConfig.ts";

/** Reads this stack's config, of a cluster or of a shared root. A misspelt key is a fault too. */
export function readStackConfig(): ParsedConfig<StackConfig> | ParsedConfig<RootConfig> {
  const all = Object.entries(pulumi.runtime.allConfig());
  const namespace = `${pulumi.getProject()}:`;
  const own = all.filter(([key]) => key.startsWith(namespace));
  const raw = Object.fromEntries(own.map(([key, text]) => [key.slice(namespace.length), parseValue(text)]));
  const keys = all.map(([key]) => key);
  const parse = isRootStack(raw) ? parseRootConfig : parseConfig;
  return parse(raw, pulumi.getStack(), keys);
}

/** Parses a value: Pulumi hands structured config over as JSON text, and strings as they are. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
