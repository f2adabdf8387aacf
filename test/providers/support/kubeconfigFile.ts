import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { temporaryFolder } from "../../lab/temporaryFolder.ts";

/** Writes a kubeconfig with one context, whose cluster and user have the context's name. */
export function writeContext(
  path: string,
  context: string,
  cluster: object,
  user: object,
): { path: string; context: string } {
  const config = {
    "current-context": context,
    clusters: [{ name: context, cluster }],
    users: [{ name: context, user }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
  };
  writeFileSync(path, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
  return { path, context };
}

/** A kubeconfig of a cluster where nothing listens. */
export async function writeNowhere(): Promise<{ path: string; context: string }> {
  const path = join(await temporaryFolder("nowhere"), "kubeconfig");
  return writeContext(path, "nowhere", { server: "https://127.0.0.1:9" }, { token: "t" });
}
