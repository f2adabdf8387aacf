import * as pulumi from "@pulumi/pulumi";
import type { ParsedConfig } from "../federation/config/stackConfig.ts";
import { type AnyConfig, parseAnyConfig } from "../federation/config/anyConfig.ts";
import { parseJson } from "../federation/core/text.ts";

/** Reads this stack's config. A misspelt key is a fault too. */
export function readStackConfig(): ParsedConfig<AnyConfig> {
  const all = Object.entries(pulumi.runtime.allConfig());
  const namespace = `${pulumi.getProject()}:`;
  const own = all.filter(([key]) => key.startsWith(namespace));
  // Pulumi hands structured config over as JSON text, and strings as they are.
  const raw = Object.fromEntries(
    own.map(([key, text]) => [key.slice(namespace.length), parseJson(text) ?? text]),
  );
  const keys = all.map(([key]) => key);
  return parseAnyConfig(raw, pulumi.getStack(), keys);
}
