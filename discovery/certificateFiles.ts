import type { ProvidedPems } from "../federation/config/certificateAuthority.ts";
import { readFileSync } from "node:fs";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { Fault } from "../federation/core/fault.ts";
import { cleanPem } from "../federation/core/pasted.ts";
import type { Reading } from "../federation/snapshot.ts";
import { ClusterError } from "../kubernetes/errors.ts";
import { loadKubeconfigAuthority, resolvePath } from "../kubernetes/kubeconfig.ts";
import { clusterFault } from "./clusterReader.ts";

/** Reads the provided certificate authority of a stack, from files or from the config. */
export function readProvided(provided: ProvidedPems): Reading<ProvidedPems> {
  const faults: Fault[] = [];
  const pems = Object.fromEntries(
    Object.entries(provided as Record<keyof ProvidedPems, string | undefined>).map(([field, given]) => {
      const pem = given && readPem(given);
      if (given !== undefined && pem === undefined) faults.push(unreadable(field, given));
      return [field, pem];
    }),
  );
  return faults.length > 0 ? { faults } : { value: pems as unknown as ProvidedPems };
}

/** Reads the certificate authority of this cluster's API server in the kubeconfig, PEM. */
export async function readKubeconfigAuthority(
  kubeconfig: StackConfig["kubeconfig"],
): Promise<Reading<string | undefined>> {
  try {
    return { value: await loadKubeconfigAuthority(kubeconfig) };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { faults: [clusterFault(error, kubeconfig)] };
  }
}

/** Returns a PEM text, or that of a file; undefined for a file that cannot be read. */
export function readPem(given: string): string | undefined {
  const text = cleanPem(given);
  if (text.includes("-----BEGIN ")) return text;
  try {
    return cleanPem(readFileSync(resolvePath(text), "utf8"));
  } catch {
    return undefined;
  }
}

function unreadable(field: string, file: string): Fault {
  // Without the value: it may be a key that lost its first line.
  const isKey = field === "key" || field === "rootKey";
  const rule = "is a file that cannot be read";
  const remedy = "Name a file, or set the PEM text itself: pulumi config set --secret --path ... < file";
  return { path: `certificateAuthority.provided.${field}`, value: isKey ? undefined : file, rule, remedy };
}
