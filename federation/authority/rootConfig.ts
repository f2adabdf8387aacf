import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { CONFIG_KEYS } from "../config.ts";
import { type RootAuthorityConfig, judgeRootClusters, rootAuthority } from "../config/rootAuthority.ts";
import { type Sections, isGiven, parseSections } from "../config/sections.ts";
import { type Fault, FaultsError } from "../fault.ts";
import { unknownField } from "../schema.ts";

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
  const others = Object.keys(raw)
    .filter((key) => key !== "rootAuthority" && isGiven(raw[key]))
    // The project's default, which comes to every stack.
    .filter((key) => key !== "topology" || raw[key] !== "federation");
  const all = [...others.map(ofCluster), ...faults, ...judgeRootClusters(raw["rootAuthority"], stack)];
  if (all.length > 0) throw new FaultsError(`config of stack ${stack}`, all);
  return config;
}

/**
 * What a shared root that is there may not change: its name is in the root itself, so another one makes it anew, and all that it signed.
 * @param published the stack's output `rootCertificates`, unchecked; undefined before its first update.
 */
export function judgeRootName(published: unknown, { rootAuthority: { name } }: RootConfig): Fault[] {
  const [root] = certificates.safeParse(published).data ?? [];
  const [, last] = /^O=(.*)$/m.exec(root === undefined ? "" : subjectOf(root)) ?? [];
  if (last === undefined || last === name) return [];
  const rule = `is another than '${last}', which the root has: it would be made anew, and every cluster under it cut off`;
  const remedy = `Write '${last}' again, or make another stack for another root`;
  return [{ path: "rootAuthority.name", value: name, rule, remedy }];
}

const certificates = z.array(z.string());

function subjectOf(pem: string): string {
  try {
    return new X509Certificate(pem).subject;
  } catch {
    return "";
  }
}

function ofCluster(key: string): Fault {
  if (!(CONFIG_KEYS as readonly string[]).includes(key)) return unknownField([key], key, ["rootAuthority"]);
  const rule =
    "is of a cluster's stack, and 'rootAuthority' of one that holds a shared root: a stack is either";
  return { path: key, rule, remedy: "Keep the one or the other in this stack, and make another stack" };
}
