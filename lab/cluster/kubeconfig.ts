import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:https";
import { dirname } from "node:path";
import { KubeConfig, type RequestContext } from "@kubernetes/client-node";
import { stringify } from "yaml";

/** An API server and a credential for it. */
export interface ApiAccess {
  /** URL of the API server. */
  readonly server: string;
  /** PEM of the certificates that verify the API server's. */
  readonly certificateAuthority: string;
  readonly token: string;
}

/** API server and administrator of one cluster. */
export interface KubeconfigEntry extends ApiAccess {
  /** Name of the cluster, of its user and of its context. */
  readonly name: string;
}

/**
 * Writes one kubeconfig with a context per cluster, readable by the owner only. The first is the current context.
 *
 * @param file its folder is made.
 */
export function writeKubeconfig(file: string, entries: readonly KubeconfigEntry[]): void {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": entries[0]?.name ?? "",
    clusters: entries.map(({ name, server, certificateAuthority }) => ({
      name,
      cluster: { server, "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64") },
    })),
    users: entries.map(({ name, token }) => ({ name, user: { token } })),
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
}

/** A kubeconfig whose requests share their connections: the client would open one for each request, with a TLS handshake. */
class SharedConnections extends KubeConfig {
  #dispatcher: ReturnType<RequestContext["getDispatcher"]>;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    this.#dispatcher ??= context.getDispatcher();
    if (this.#dispatcher !== undefined) context.setDispatcher(this.#dispatcher);
  }
}

/** Reads a kubeconfig and selects a context. @throws Error when the file cannot be read or has no such context. */
export function loadContext(file: string, context: string): KubeConfig {
  const config = new SharedConnections();
  config.loadFromFile(file);
  if (config.getContextObject(context) === null) throw new Error(`${file} has no context ${context}`);
  config.setCurrentContext(context);
  return config;
}

/** Status of an API server's response to a GET. @param path e.g. `/api/v1/namespaces`. */
export async function statusFor(
  { server, certificateAuthority, token }: ApiAccess,
  path: string,
): Promise<number> {
  const agent = new Agent({ ca: certificateAuthority });
  const headers = { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const request = get(`${server}${path}`, { agent, headers, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", reject);
  });
}

/**
 * Formats a Pod's kubeconfig (JSON is YAML): the cluster of `config`'s current context, with the token mounted in the Pod.
 *
 * @param tokenFile absolute path; clients read it again when it changes.
 */
export function podKubeconfig(config: KubeConfig, tokenFile: string): string {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`context ${config.currentContext} names no cluster`);
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "pod",
    contexts: [{ name: "pod", context: { cluster: "pod", user: "pod" } }],
    clusters: [
      { name: "pod", cluster: { server: cluster.server, "certificate-authority-data": cluster.caData } },
    ],
    users: [{ name: "pod", user: { tokenFile } }],
  });
}
