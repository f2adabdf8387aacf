import { type ContractStackConfig, isContractStack, parseContractStack } from "./contractStack.ts";
import { type RootConfig, isRootStack, parseRootConfig } from "./rootStack.ts";
import { type ParsedConfig, type StackConfig, parseConfig } from "./stackConfig.ts";

/** Config of a stack: of a cluster, of a shared root, or of a contract stack. */
export type AnyConfig = StackConfig | RootConfig | ContractStackConfig;

/**
 * Parses the config of a stack by its kind.
 * @param raw values by key without the project's prefix; a key that is `undefined` counts as not there.
 * @param stack the stack's own name.
 * @param keys all config keys of the stack with their namespaces.
 */
export function parseAnyConfig(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  keys: readonly string[] = [],
): ParsedConfig<AnyConfig> {
  const parse = isContractStack(raw) ? parseContractStack : isRootStack(raw) ? parseRootConfig : parseConfig;
  return parse(raw, stack, keys);
}
