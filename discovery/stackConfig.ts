import * as pulumi from "@pulumi/pulumi";
import type { ParsedConfig, StackConfig } from "../federation/config/stackConfig.ts";
import { type AnyConfig, parseAnyConfig } from "../federation/config/anyConfig.ts";
import { type ClusterDefaults, clusterDefaults } from "../federation/existing/clusterDefaults.ts";
import type { InstallationReading } from "../federation/existing/installedIstio.ts";
import { parseJson } from "../federation/core/text.ts";

/**
 * Reads this stack's config. A misspelt key is a fault too.
 * @param installed what an Istio of somebody else decides of the cluster.
 */
export function readStackConfig(installed: ClusterDefaults = {}): ParsedConfig<AnyConfig> {
  const all = Object.entries(pulumi.runtime.allConfig());
  const namespace = `${pulumi.getProject()}:`;
  const own = all.filter(([key]) => key.startsWith(namespace));
  // Pulumi hands structured config over as JSON text, and strings as they are.
  const raw = Object.fromEntries(
    own.map(([key, text]) => [key.slice(namespace.length), parseJson(text) ?? text]),
  );
  const keys = all.map(([key]) => key);
  return parseAnyConfig(raw, pulumi.getStack(), keys, installed);
}

/** Parses the config of a cluster again, with what an Istio of somebody else decides of the cluster. */
export function withInstalled(
  parsed: ParsedConfig<AnyConfig>,
  config: StackConfig,
  installation: InstallationReading,
): ParsedConfig<StackConfig> {
  if (config.istio.existing === undefined) return { ...parsed, config };
  const again = readStackConfig(clusterDefaults(installation));
  return {
    ...again,
    config: again.config !== undefined && "istio" in again.config ? again.config : undefined,
  };
}
