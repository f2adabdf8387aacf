import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { ClusterError } from "./errors.ts";
import {
  type ClusterEntry,
  type Kubeconfig,
  KubeconfigFault,
  type UserEntry,
  readKubeconfigFile,
} from "./kubeconfigFile.ts";

const DEFAULT_FILE = "~/.kube/config";

/** Names a cluster by kubeconfig and context: credentials are read on demand and kept nowhere else. */
export interface KubeconfigName {
  /**
   * File, relative to the program's folder; `~/` is the home folder.
   * @default the files in $KUBECONFIG, else ~/.kube/config, else (in a pod, without a context) the pod's service account
   */
  path?: string | undefined;
  /** @default the current context */
  context?: string | undefined;
}

/** Cluster and user that a context names. */
export interface SelectedContext {
  /** Empty for the service account of the pod in which the program runs. */
  readonly name: string;
  /** Subject of messages: `cluster context "cluster-a"`. */
  readonly where: string;
  readonly server: URL;
  readonly cluster: ClusterEntry;
  readonly userName: string;
  /** Undefined when the context names no user, or one that no file has: requests are anonymous. */
  readonly user: UserEntry | undefined;
}

/**
 * Reads the kubeconfig by the rules of client-go's clientcmd and selects the context.
 * @throws ClusterError when a file or the context is not there or cannot be used; never quotes a credential.
 */
export async function loadKubeconfig(name: KubeconfigName): Promise<SelectedContext> {
  const config = await readFiles(name);
  const selected = name.context ?? config?.currentContext ?? "";
  if (selected === "" && name.path === undefined && isInCluster()) return inClusterContext();
  if (config === undefined) throw missingFile(name);
  const operation = `select context ${JSON.stringify(selected)}`;
  try {
    return selectContext(config, selected);
  } catch (error) {
    if (!(error instanceof KubeconfigFault)) throw error;
    throw new ClusterError(describeSource(name), { kubeconfig: "context", operation, cause: error.message });
  }
}

/**
 * Reads the certificates by which the kubeconfig verifies a cluster's API server, PEM.
 * @returns undefined when it has none.
 * @throws ClusterError when they cannot be read.
 */
export async function loadKubeconfigAuthority(name: KubeconfigName): Promise<string | undefined> {
  const { where, cluster } = await loadKubeconfig(name);
  const { readAuthority } = await import("./tls.ts");
  try {
    return await readAuthority(cluster);
  } catch (error) {
    if (!(error instanceof KubeconfigFault)) throw error;
    const operation = "read its certificate authority";
    throw new ClusterError(where, { kubeconfig: "context", operation, cause: error.message });
  }
}

/** Resolves a path in a stack's config, relative to the program's folder or, with `~/`, to the home folder. */
export function resolvePath(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(path);
}

/** Reads the files and merges them: the first definition of a name wins. @returns undefined when no file is there. */
async function readFiles({ path }: KubeconfigName): Promise<Kubeconfig | undefined> {
  const listed = process.env.KUBECONFIG?.split(delimiter).filter((each) => each !== "");
  // In a list `~` has no meaning, unless a shell has replaced it.
  const defaults = listed?.map((each) => resolve(each)) ?? [];
  const found: Kubeconfig[] = [];
  for (const each of new Set(
    path !== undefined ? [path] : process.env.KUBECONFIG ? defaults : [DEFAULT_FILE],
  )) {
    const config = await readFileOf(each);
    if (config !== undefined) found.push(config);
  }
  if (found.length === 0) return undefined;
  // Later entries replace earlier ones in a Map.
  const lastFirst = found.toReversed();
  return {
    currentContext: found.find(({ currentContext }) => currentContext !== "")?.currentContext ?? "",
    clusters: new Map(lastFirst.flatMap(({ clusters }) => [...clusters])),
    users: new Map(lastFirst.flatMap(({ users }) => [...users])),
    contexts: new Map(lastFirst.flatMap(({ contexts }) => [...contexts])),
  };
}

async function readFileOf(path: string): Promise<Kubeconfig | undefined> {
  try {
    return await readKubeconfigFile(resolvePath(path));
  } catch (error) {
    if (!(error instanceof KubeconfigFault)) throw error;
    const cause = error.message;
    throw new ClusterError(`kubeconfig ${path}`, { kubeconfig: "file", operation: "read it", cause });
  }
}

function missingFile(name: KubeconfigName): ClusterError {
  const isDefault = name.path === undefined && !process.env.KUBECONFIG;
  return new ClusterError(describeSource(name), {
    kubeconfig: "file",
    operation: "read it",
    cause: `no such file${isDefault ? ", and $KUBECONFIG is not set" : ""}`,
    ...(isInCluster() ? { remedy: IN_CLUSTER_REMEDY } : {}),
  });
}

function describeSource({ path }: KubeconfigName): string {
  if (path !== undefined) return `kubeconfig ${path}`;
  return process.env.KUBECONFIG
    ? `kubeconfig ${process.env.KUBECONFIG} ($KUBECONFIG)`
    : `kubeconfig ${DEFAULT_FILE}`;
}

function selectContext(config: Kubeconfig, selected: string): SelectedContext {
  const context = config.contexts.get(selected);
  if (context === undefined) {
    const known = [...config.contexts.keys()].sort();
    throw new KubeconfigFault(`no such context; it has ${known.length === 0 ? "none" : known.join(", ")}`);
  }
  const cluster = config.clusters.get(context.cluster);
  if (cluster === undefined) throw new KubeconfigFault("the cluster that it names is not in the file");
  const user = config.users.get(context.user);
  checkCluster(cluster);
  if (user !== undefined) checkUser(user, context.user);
  return {
    name: selected,
    where: `cluster context ${JSON.stringify(selected)}`,
    server: parseServer(cluster.server),
    cluster,
    userName: context.user,
    user,
  };
}

/** Parses a server as client-go does: without a scheme it is reached by plain HTTP. */
function parseServer(server: string): URL {
  if (server === "") throw new KubeconfigFault("its cluster has no server");
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(server);
  const text = isUrl ? server : `http://${server}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || (!isUrl && url.pathname !== "/")) {
    throw new KubeconfigFault("the server of its cluster must be an https:// URL or host:port");
  }
  return url;
}

/** Refuses what clientcmd refuses in a cluster, such as two fields for one thing. */
function checkCluster(cluster: ClusterEntry): void {
  const { proxyUrl, certificateAuthority, certificateAuthorityData, insecureSkipTlsVerify } = cluster;
  const proxy = URL.canParse(proxyUrl) ? new URL(proxyUrl) : undefined;
  if (
    proxyUrl !== "" &&
    !(proxy !== undefined && /^(?:https?|socks5):$/.test(proxy.protocol) && proxy.host)
  ) {
    throw new KubeconfigFault("proxy-url of its cluster must begin with http://, https:// or socks5://");
  }
  if (certificateAuthority !== "" && certificateAuthorityData !== undefined) {
    throw new KubeconfigFault(
      "its cluster has certificate-authority and certificate-authority-data: remove one",
    );
  }
  if (insecureSkipTlsVerify && (certificateAuthority !== "" || certificateAuthorityData !== undefined)) {
    throw new KubeconfigFault(
      "its cluster has a certificate authority and insecure-skip-tls-verify: remove one",
    );
  }
}

const EXEC_VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
const INTERACTIVE_MODES = ["Never", "IfAvailable", "Always"];

/** Refuses what clientcmd refuses in a user, and auth providers. */
function checkUser(user: UserEntry, name: string): void {
  const fault = (rule: string) => new KubeconfigFault(`its user ${JSON.stringify(name)} ${rule}`);
  const { clientCertificate, clientCertificateData, clientKey, clientKeyData, exec } = user;
  const hasBasic = user.username !== "" || user.password !== "";
  if (hasBasic && (user.token !== "" || user.tokenFile !== "")) {
    throw fault("has a token and a username or password: remove one");
  }
  if (clientCertificate !== "" || clientCertificateData !== undefined) {
    if (clientCertificate !== "" && clientCertificateData !== undefined) {
      throw fault("has client-certificate and client-certificate-data: remove one");
    }
    if (clientKey !== "" && clientKeyData !== undefined) {
      throw fault("has client-key and client-key-data: remove one");
    }
    if (clientKey === "" && clientKeyData === undefined) {
      throw fault("has a client certificate without client-key or client-key-data");
    }
  }
  const isQualified =
    user.asUid !== "" || user.asGroups.length > 0 || Object.keys(user.asUserExtra).length > 0;
  if (user.as === "" && isQualified) throw fault("has as-uid, as-groups or as-user-extra without as");
  if (user.authProvider !== undefined) {
    throw fault(
      `logs in by auth-provider ${JSON.stringify(user.authProvider)}, which is not supported: use an exec plugin`,
    );
  }
  if (exec === undefined) return;
  if (exec.command === "") throw fault("has exec without command");
  if (!EXEC_VERSIONS.includes(exec.apiVersion)) {
    throw fault(
      `has exec.apiVersion ${JSON.stringify(exec.apiVersion)}: must be ${EXEC_VERSIONS.join(" or ")}`,
    );
  }
  if (!INTERACTIVE_MODES.includes(exec.interactiveMode)) {
    throw fault(
      `has exec.interactiveMode ${JSON.stringify(exec.interactiveMode)}: must be Never or IfAvailable`,
    );
  }
  if (exec.env.some((variable) => variable.name === "")) throw fault("has exec.env without a name");
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

const IN_CLUSTER_REMEDY = `A named context needs a kubeconfig in a pod too: give its user tokenFile ${SERVICE_ACCOUNT}/token, and its cluster certificate-authority ${SERVICE_ACCOUNT}/ca.crt`;

/** Whether the program runs in a pod with a service account. */
function isInCluster(): boolean {
  const { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = process.env;
  return (
    Boolean(KUBERNETES_SERVICE_HOST && KUBERNETES_SERVICE_PORT) && existsSync(join(SERVICE_ACCOUNT, "token"))
  );
}

/** Returns the access of a pod to its own cluster. @param folder where Kubernetes mounts the service account. */
export function inClusterContext(folder = SERVICE_ACCOUNT): SelectedContext {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = process.env;
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const authority = join(folder, "ca.crt");
  return {
    name: "",
    where: "cluster of this pod",
    server: new URL(server),
    cluster: {
      ...{ server, tlsServerName: "", insecureSkipTlsVerify: false },
      certificateAuthority: existsSync(authority) ? authority : "",
      ...{ certificateAuthorityData: undefined, proxyUrl: "", disableCompression: false, execConfig: null },
    },
    userName: "service account",
    user: { ...NO_CREDENTIALS, tokenFile: join(folder, "token") },
  };
}

const NO_CREDENTIALS: UserEntry = {
  ...{ clientCertificate: "", clientCertificateData: undefined, clientKey: "", clientKeyData: undefined },
  ...{ token: "", tokenFile: "", username: "", password: "" },
  ...{ as: "", asUid: "", asGroups: [], asUserExtra: {} },
  ...{ authProvider: undefined, exec: undefined },
};
