import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { reveal, type Properties } from "../protocol/values.ts";

/** The provider's configuration, as far as the stand-in heeds it. */
export interface Settings {
  /** Path of a kubeconfig, or its contents; absent: the machine's own. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly cluster: string | undefined;
  /** Namespace of namespaced objects and releases that name none. */
  readonly namespace: string | undefined;
  readonly enablePatchForce: boolean;
  readonly enableSecretMutable: boolean;
  readonly enableConfigMapMutable: boolean;
  readonly upsertExistingObjects: boolean;
  readonly deleteUnreachable: boolean;
}

/** Settings that change what the real provider does, and which the stand-in refuses rather than ignores. */
const REFUSED = ["renderYamlToDirectory", "skipUpdateUnreachable"];

/** Reads the provider's configuration; SDKs write everything but plain strings as JSON. */
export function readSettings(config: Properties): Settings {
  const plain = reveal(config);
  const text = (key: string) =>
    typeof plain[key] === "string" && plain[key] !== "" ? plain[key] : undefined;
  const flag = (key: string) => plain[key] === true || plain[key] === "true";
  const refused = REFUSED.filter(
    (key) => flag(key) || (key === "renderYamlToDirectory" && text(key) !== undefined),
  );
  if (refused.length > 0 || plain["enableServerSideApply"] === "false") {
    const names = [
      ...refused,
      ...(plain["enableServerSideApply"] === "false" ? ["enableServerSideApply: false"] : []),
    ];
    throw new Error(`the lab's stand-in of the kubernetes provider does not cover ${names.join(", ")}`);
  }
  return {
    // Empty counts as absent, as with the real provider.
    kubeconfig: text("kubeconfig") || undefined,
    context: text("context"),
    cluster: text("cluster"),
    namespace: text("namespace"),
    enablePatchForce: flag("enablePatchForce"),
    enableSecretMutable: flag("enableSecretMutable"),
    enableConfigMapMutable: flag("enableConfigMapMutable"),
    upsertExistingObjects: flag("upsertExistingObjects"),
    deleteUnreachable: flag("deleteUnreachable"),
  };
}

/** Loads the kubeconfig with the wanted context and cluster; throws if it cannot be read or has no such context. */
export function loadKubeConfig(settings: Pick<Settings, "kubeconfig" | "context" | "cluster">): KubeConfig {
  const config = new KubeConfig();
  const file = settings.kubeconfig === undefined ? undefined : kubeconfigPath(settings.kubeconfig);
  if (settings.kubeconfig === undefined) {
    config.loadFromDefault();
  } else if (
    file === undefined &&
    !settings.kubeconfig.includes("\n") &&
    !settings.kubeconfig.startsWith("{")
  ) {
    throw new Error(`kubeconfig "${settings.kubeconfig}" is neither a file nor the contents of one`);
  } else {
    config.loadFromString(file === undefined ? settings.kubeconfig : readFileSync(file, "utf8"));
  }
  if (settings.context !== undefined) {
    if (config.getContextObject(settings.context) === null) {
      throw new Error(`context "${settings.context}" does not exist in ${file ?? "the given kubeconfig"}`);
    }
    config.setCurrentContext(settings.context);
  }
  const context = config.getContextObject(config.getCurrentContext());
  if (settings.cluster !== undefined && context !== null) {
    const overridden = { ...context, name: randomUUID(), cluster: settings.cluster };
    config.addContext(overridden);
    config.setCurrentContext(overridden.name);
  }
  return config;
}

/** The path, if the text is one; contents of a kubeconfig are never the name of a file. */
function kubeconfigPath(pathOrContents: string): string | undefined {
  const path = pathOrContents.replace(/^~(?=\/|$)/, homedir());
  return !path.includes("\n") && existsSync(path) ? path : undefined;
}

/** A kubeconfig file for programs that need one; contents go to a file that only this user reads, gone at exit. */
export function kubeconfigFile(settings: Pick<Settings, "kubeconfig">): string | undefined {
  if (settings.kubeconfig === undefined) {
    return undefined;
  }
  const path = kubeconfigPath(settings.kubeconfig);
  if (path !== undefined) {
    return path;
  }
  const folder = mkdtempSync(join(tmpdir(), "pulumi-kubernetes-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = join(folder, "kubeconfig");
  writeFileSync(file, settings.kubeconfig, { mode: 0o600 });
  return file;
}
