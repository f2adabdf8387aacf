import { readFileSync } from "node:fs";
import type { ProvidedPems } from "../federation/config/certificateAuthority.ts";
import type { ProvidedAuthority } from "../federation/authority/provided.ts";
import { type Fault, FaultsError } from "../federation/core/fault.ts";
import { resolvePath } from "../kubernetes/kubeconfig.ts";

/**
 * Reads the certificate authority that a stack is given, from files or from the config itself.
 * @throws FaultsError with every file that cannot be read; else with every fault of what they hold.
 */
export async function readProvidedAuthority(provided: ProvidedPems, now: Date): Promise<ProvidedAuthority> {
  const faults: Fault[] = [];
  const pems = Object.fromEntries(
    Object.entries(provided).map(([field, given]) => {
      const pem = readPem(given as string);
      if (pem === undefined) faults.push(unreadable(field, given as string));
      return [field, pem ?? ""];
    }),
  ) as unknown as ProvidedPems;
  if (faults.length > 0) throw new FaultsError("certificate authority", faults);
  // On demand: it takes certificates apart, which a stack with its own authority never does here.
  const { judgeProvided } = await import("../federation/authority/provided.ts");
  const judged = judgeProvided(pems, now);
  if ("faults" in judged) throw new FaultsError("certificate authority", judged.faults);
  return judged.authority;
}

function readPem(given: string): string | undefined {
  if (isPem(given)) return given;
  try {
    return readFileSync(resolvePath(given), "utf8");
  } catch {
    return undefined;
  }
}

function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

function unreadable(field: string, file: string): Fault {
  // A key that lost its first line is no file's name.
  const isKey = field === "key" || field === "rootKey";
  return {
    path: `certificateAuthority.provided.${field}`,
    ...(isKey ? {} : { value: file }),
    rule: "is a file that cannot be read",
    remedy: "Name a file, or set the PEM text itself: pulumi config set --secret --path ... < file",
  };
}
