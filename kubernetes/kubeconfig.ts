import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { ClusterError } from "./errors.ts";

/** Proxies that the Kubernetes client supports. */
const PROXY = /^(?:https?|socks|socks5h?|socks4a?):\/\//;

/** Names a cluster by kubeconfig and context: credentials are read on demand and kept nowhere else. */
export interface KubeconfigName {
  /**
   * File, relative to the program's folder; `~/` is the home folder.
   * @default the files in $KUBECONFIG, else ~/.kube/config, else (in a pod) the pod's service account
   */
  path?: string | undefined;
  /** @default the current context */
  context?: string | undefined;
}

/**
 * Reads the kubeconfig and selects the context.
 * @throws ClusterError when the file or the context is not there or cannot be read; never quotes the file.
 */
export async function loadKubeconfig(name: KubeconfigName): Promise<KubeConfig> {
  // Loaded on demand: it takes half a second, and neither a check nor a diff needs it.
  await import("../compileCache.ts");
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const source = describeSource(name);
  try {
    if (name.path !== undefined) config.loadFromFile(resolvePath(name.path));
    else if (hasDefault()) config.loadFromDefault();
    else throw new Error("no such file, and $KUBECONFIG is not set");
  } catch (error) {
    throw new ClusterError(source, {
      kubeconfig: "file",
      operation: "read it",
      cause: withoutContent(error),
    });
  }
  selectContext(config, name, source);
  return config;
}

/** Resolves a path in a stack's config, relative to the program's folder or, with `~/`, to the home folder. */
export function resolvePath(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(path);
}

function hasDefault(): boolean {
  const { KUBECONFIG, KUBERNETES_SERVICE_HOST } = process.env;
  return Boolean(KUBECONFIG) || Boolean(KUBERNETES_SERVICE_HOST) || existsSync(resolvePath("~/.kube/config"));
}

function describeSource({ path }: KubeconfigName): string {
  if (path !== undefined) return `kubeconfig ${path}`;
  return process.env.KUBECONFIG
    ? `kubeconfig ${process.env.KUBECONFIG} ($KUBECONFIG)`
    : "kubeconfig ~/.kube/config";
}

function selectContext(config: KubeConfig, { context }: KubeconfigName, source: string): void {
  const known = config.getContexts().map(({ name }) => name);
  const selected = context ?? config.getCurrentContext();
  const failure = { kubeconfig: "context", operation: `select context ${JSON.stringify(selected)}` } as const;
  if (!known.includes(selected)) {
    const cause = `no such context; it has ${known.length === 0 ? "none" : known.sort().join(", ")}`;
    throw new ClusterError(source, { ...failure, cause });
  }
  config.setCurrentContext(selected);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new ClusterError(source, { ...failure, cause: "the cluster that it names is not in the file" });
  }
  const { server, proxyUrl } = cluster;
  if (!/^https?:/.test(server) || !URL.canParse(server)) {
    throw new ClusterError(source, { ...failure, cause: "the server of its cluster is no https:// URL" });
  }
  if (proxyUrl !== undefined && !(PROXY.test(proxyUrl) && URL.canParse(proxyUrl))) {
    const cause = "proxy-url of its cluster must begin with http://, https:// or socks5://";
    throw new ClusterError(source, { ...failure, cause });
  }
}

/** Formats reason and line: a YAML parser's own message quotes the lines around the fault, which may be a token. */
function withoutContent(error: unknown): string {
  if (!(error instanceof Error)) return "unreadable";
  const { code, reason, mark } = error as { code?: string; reason?: string; mark?: { line?: number } };
  if (code === "ENOENT") return "no such file";
  if (reason !== undefined) return `not YAML: ${reason} (line ${(mark?.line ?? 0) + 1})`;
  return error.message;
}
