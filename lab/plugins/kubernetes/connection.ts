import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { reveal, type Properties } from "../protocol/values.ts";

/** Configuration of the provider, as far as the stand-in covers it. */
export type Settings = Readonly<ReturnType<typeof readSettings>>;

/** Settings that change what the real provider does, and which the stand-in refuses rather than ignores. */
const REFUSED = ["renderYamlToDirectory", "skipUpdateUnreachable"];

/** Reads the provider's configuration; SDKs write everything but plain strings as JSON. */
export function readSettings(config: Properties) {
  const plain = reveal(config);
  // Empty counts as absent, as with the real provider.
  const text = (key: string) =>
    typeof plain[key] === "string" && plain[key] !== "" ? plain[key] : undefined;
  const flag = (key: string) => plain[key] === true || plain[key] === "true";
  const refused = REFUSED.filter(
    (key) => flag(key) || (key === "renderYamlToDirectory" && text(key) !== undefined),
  );
  if (plain["enableServerSideApply"] === "false") refused.push("enableServerSideApply: false");
  if (refused.length > 0)
    throw new Error(`the lab's stand-in of the kubernetes provider does not cover ${refused.join(", ")}`);
  return {
    /** Path of a kubeconfig, or its contents; undefined: the machine's own. */
    kubeconfig: text("kubeconfig"),
    context: text("context"),
    cluster: text("cluster"),
    /** Namespace of namespaced objects and releases that name none. */
    namespace: text("namespace"),
    enablePatchForce: flag("enablePatchForce"),
    enableSecretMutable: flag("enableSecretMutable"),
    enableConfigMapMutable: flag("enableConfigMapMutable"),
    upsertExistingObjects: flag("upsertExistingObjects"),
    deleteUnreachable: flag("deleteUnreachable"),
  };
}

/** API server of a kubeconfig's context, and the credentials for it. */
export interface Connection {
  readonly server: string;
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly token: string | undefined;
  readonly rejectUnauthorized: boolean;
}

type Entry = Readonly<Record<string, string | boolean | undefined>>;

/** The sections of a kubeconfig: lists of named entries. */
interface Kubeconfig {
  readonly "current-context"?: string;
  readonly clusters?: readonly { name: string; cluster: Entry }[];
  readonly users?: readonly { name: string; user: Entry }[];
  readonly contexts?: readonly { name: string; context: { cluster: string; user: string } }[];
}

/**
 * Reads the connection of the configured context and cluster. Parsed here, since @kubernetes/client-node takes 0.3 s of CPU to load, and
 * the stand-in is started for every preview.
 *
 * @throws Error when the kubeconfig cannot be read, has no such context, or logs in by a plugin.
 */
export function readConnection(settings: Pick<Settings, "kubeconfig" | "context" | "cluster">): Connection {
  const { source, config } = readKubeconfig(settings.kubeconfig);
  const named = <T extends { name: string }>(list: readonly T[] | undefined, what: string, name: string) => {
    const found = list?.find((entry) => entry.name === name);
    if (found === undefined) throw new Error(`${what} "${name}" does not exist in ${source}`);
    return found;
  };
  const context = settings.context ?? config["current-context"] ?? "";
  const { cluster: clusterName, user: userName } = named(config.contexts, "context", context).context;
  const { cluster } = named(config.clusters, "cluster", settings.cluster ?? clusterName);
  const { user } = named(config.users, "user", userName);
  if ("exec" in user || "auth-provider" in user) {
    throw new Error(
      "the lab's stand-in of the kubernetes provider does not cover kubeconfigs that log in by a plugin",
    );
  }
  return {
    server: String(cluster["server"]).replace(/\/$/, ""),
    ca: readData(cluster, "certificate-authority"),
    cert: readData(user, "client-certificate"),
    key: readData(user, "client-key"),
    token: user["tokenFile"]
      ? readFileSync(String(user["tokenFile"]), "utf8").trim()
      : (user["token"] as string | undefined),
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
  };
}

function readKubeconfig(pathOrContents: string | undefined): { source: string; config: Kubeconfig } {
  const file =
    pathOrContents === undefined
      ? (process.env["KUBECONFIG"]?.split(delimiter)[0] ?? join(homedir(), ".kube/config"))
      : kubeconfigPath(pathOrContents);
  const text = file === undefined ? (pathOrContents ?? "") : readFileSync(file, "utf8");
  const config = parse(text) as unknown;
  if (typeof config !== "object" || config === null)
    throw new Error(`kubeconfig "${pathOrContents}" is neither a file nor the contents of one`);
  return { source: file ?? "the given kubeconfig", config };
}

/** A certificate or key, from the field with its data or the field with its file. */
function readData(entry: Entry, field: string): Buffer | undefined {
  const data = entry[`${field}-data`];
  if (data !== undefined) return Buffer.from(String(data), "base64");
  const file = entry[field];
  return file === undefined ? undefined : readFileSync(String(file));
}

/** The path, if the text is one; contents of a kubeconfig are never the name of a file. */
function kubeconfigPath(pathOrContents: string): string | undefined {
  const path = pathOrContents.replace(/^~(?=\/|$)/, homedir());
  return !path.includes("\n") && existsSync(path) ? path : undefined;
}

/** A kubeconfig file for the helm program; contents go to a file that only this user reads, removed at exit. */
export function kubeconfigFile(settings: Pick<Settings, "kubeconfig">): string | undefined {
  if (settings.kubeconfig === undefined) return undefined;
  const path = kubeconfigPath(settings.kubeconfig);
  if (path !== undefined) return path;
  const folder = mkdtempSync(join(tmpdir(), "pulumi-kubernetes-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = join(folder, "kubeconfig");
  writeFileSync(file, settings.kubeconfig, { mode: 0o600 });
  return file;
}
