import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import { TOOLS_FOLDER } from "./versions.ts";

/** Release of the Pulumi Kubernetes Operator that `deploy/` is written for. */
const OPERATOR = "github.com/pulumi/pulumi-kubernetes-operator/v2@v2.9.0";

/** Variable with a folder of the operator's CRDs, for machines whose Go module proxy does not have the operator. */
const FOLDER_VARIABLE = "PULUMI_OPERATOR_CRDS";

/**
 * Returns the CRDs of the Pulumi Kubernetes Operator: from the folder of `$PULUMI_OPERATOR_CRDS`, else of its Go module.
 *
 * @returns undefined where the module proxy does not have the module.
 */
export async function operatorCrds(
  env: NodeJS.ProcessEnv = process.env,
): Promise<KubernetesObject[] | undefined> {
  const folder = env[FOLDER_VARIABLE] ?? (await moduleFolder());
  if (folder === undefined) return undefined;
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml"));
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return files.map((text) => parse(text) as KubernetesObject);
}

async function moduleFolder(): Promise<string | undefined> {
  const { stdout } = await execa("go", ["mod", "download", "-json", OPERATOR], {
    cwd: TOOLS_FOLDER,
    reject: false,
  });
  const { Dir: folder } = JSON.parse(stdout || "{}") as { Dir?: string };
  return folder === undefined ? undefined : join(folder, "deploy/crds");
}
