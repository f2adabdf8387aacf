import * as pulumi from "@pulumi/pulumi";
import { type RootConfig, isRootStack, parseRootConfig } from "../federation/config/rootStack.ts";
import { type ParsedConfig, type StackConfig, parseConfig } from "../federation/config/stackConfig.ts";
import { parseJson } from "../federation/core/text.ts";

/** Reads this stack's config, of a cluster or of a shared root. A misspelt key is a fault too. */
export function readStackConfig(): ParsedConfig<StackConfig> | ParsedConfig<RootConfig> {
  const all = Object.entries(pulumi.runtime.allConfig());
  const namespace = `${pulumi.getProject()}:`;
  const own = all.filter(([key]) => key.startsWith(namespace));
  // Pulumi hands structured config over as JSON text, and strings as they are.
  const raw = Object.fromEntries(
    own.map(([key, text]) => [key.slice(namespace.length), parseJson(text) ?? text]),
  );
  const keys = all.map(([key]) => key);
  const parse = isRootStack(raw) ? parseRootConfig : parseConfig;
  return parse(raw, pulumi.getStack(), keys);
}
