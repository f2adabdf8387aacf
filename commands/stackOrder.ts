import { matchesGlob } from "node:path";
import { parse } from "yaml";

/** A stack file of the program: `stacks/Pulumi.<stack>.yaml`. */
export interface StackFile {
  /** Name of the stack. */
  name: string;
  /** Path from the repository's root on. */
  path: string;
  text: string;
}

/** Stacks in the order of their updates: those of a list may run at the same time. */
export interface StackOrder {
  /** Shared roots. */
  roots: string[];
  clusters: string[];
  /** Contract stacks. */
  contracts: string[];
}

/** Files whose change concerns every stack: the program. */
const PROGRAM = [
  "*.ts",
  "*.json",
  "Pulumi.yaml",
  "{components,discovery,federation,kubernetes,providers}/**",
];

/**
 * Sorts stacks by what they wait for, and leaves out those that no change concerns.
 * @param changed paths from the repository's root on; undefined for all stacks.
 * @throws Error for a stack file that is no YAML.
 */
export function orderStacks(files: readonly StackFile[], changed: readonly string[] | undefined): StackOrder {
  const stacks = files
    .map((file) => ({ ...file, config: configOf(file) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const isAll = changed?.some((path) => PROGRAM.some((pattern) => matchesGlob(path, pattern))) ?? true;
  const own = stacks.filter((stack) => isAll || (changed ?? []).some((path) => concerns(path, stack)));
  const names = new Set(own.map(({ name }) => name));
  // A contract stack publishes what its cluster's update makes.
  const concerned = stacks.filter(
    ({ name, config }) => names.has(name) || names.has(String(config["contractOf"])),
  );
  const ofKind = (kind: keyof StackOrder): string[] =>
    concerned.filter(({ config }) => kindOf(config) === kind).map(({ name }) => name);
  return { roots: ofKind("roots"), clusters: ofKind("clusters"), contracts: ofKind("contracts") };
}

type Config = Readonly<Record<string, unknown>>;

/** The keys of this program, without their namespace. */
function configOf({ path, text }: StackFile): Config {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(`${path} is no YAML: ${String(error)}`, { cause: error });
  }
  const { config = {} } = (value ?? {}) as { config?: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, each]) => [key.replace(/^istio-federation:/, ""), each]),
  );
}

function kindOf(config: Config): keyof StackOrder {
  if (config["contractOf"] !== undefined && config["contractOf"] !== "") return "contracts";
  return config["rootAuthority"] === undefined ? "clusters" : "roots";
}

/** Whether a file decides about a stack: its own one, traffic objects, or a peer's contract. */
function concerns(path: string, { path: own, config }: StackFile & { config: Config }): boolean {
  const { files = [] } = (config["traffic"] ?? {}) as { files?: string[] };
  const peers = Object.values((config["peers"] ?? {}) as Record<string, { file?: string } | null>);
  return (
    path === own ||
    files.some((pattern) => matchesGlob(path, pattern)) ||
    peers.some((peer) => peer?.file === path)
  );
}
