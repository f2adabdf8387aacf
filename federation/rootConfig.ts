import { CONFIG_KEYS } from "./config.ts";
import { type RootAuthorityConfig, judgeRootClusters, rootAuthority } from "./config/rootAuthority.ts";
import { type Sections, isGiven, parseSections } from "./config/sections.ts";
import { type Fault, FaultsError } from "./fault.ts";
import { unknownField } from "./schema.ts";

/** Config of the stack that holds a shared root, checked, with its defaults filled in. */
export interface RootConfig {
  rootAuthority: RootAuthorityConfig;
}

const sections: Sections<RootConfig> = { rootAuthority };

/** Whether a stack is to hold a shared root: it is that or a cluster. */
export function isRootStack(raw: Readonly<Record<string, unknown>>): boolean {
  return isGiven(raw["rootAuthority"]);
}

/**
 * Checks the config of a stack that holds a shared root, as `parseConfig` does for a cluster's.
 * @param raw values by key without the project's prefix.
 * @param stack the stack's own name.
 * @throws FaultsError with every fault at once; a section of a cluster is one.
 */
export function parseRootConfig(raw: Record<string, unknown>, stack: string): RootConfig {
  const { config, faults } = parseSections(sections, raw);
  const others = Object.keys(raw).filter((key) => key !== "rootAuthority" && isGiven(raw[key]));
  const all = [...others.map(ofCluster), ...faults, ...judgeRootClusters(raw["rootAuthority"], stack)];
  if (all.length > 0) throw new FaultsError(`config of stack ${stack}`, all);
  return config;
}

function ofCluster(key: string): Fault {
  if (!(CONFIG_KEYS as readonly string[]).includes(key)) return unknownField([key], key, ["rootAuthority"]);
  const rule =
    "is of a cluster's stack, and 'rootAuthority' of one that holds a shared root: a stack is either";
  return { path: key, rule, remedy: "Keep the one or the other in this stack, and make another stack" };
}
