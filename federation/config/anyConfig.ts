import { type ContractStackConfig, isContractStack, parseContractStack } from "./contractStack.ts";
import type { ClusterDefaults } from "../existing/clusterDefaults.ts";
import { type RootConfig, isRootStack, parseRootConfig } from "./rootStack.ts";
import { type ParsedConfig, type StackConfig, parseConfig } from "./stackConfig.ts";

/** Config of a stack: of a cluster, of a shared root, or of a contract stack. */
export type AnyConfig = StackConfig | RootConfig | ContractStackConfig;

/**
 * Parses the config of a stack by its kind.
 * @param raw values by key without the project's prefix; a key that is `undefined` counts as not there.
 * @param stack the stack's own name.
 * @param keys all config keys of the stack with their namespaces.
 * @param installed what an Istio of somebody else decides of a cluster.
 */
export function parseAnyConfig(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  keys: readonly string[] = [],
  installed: ClusterDefaults = {},
): ParsedConfig<AnyConfig> {
  if (isContractStack(raw)) return parseContractStack(raw, stack, keys);
  if (isRootStack(raw)) return parseRootConfig(raw, stack, keys);
  return parseConfig(raw, stack, keys, installed);
}
