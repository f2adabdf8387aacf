import { spawn } from "node:child_process";
import { normalize, sep } from "node:path";
import { type ClusterEntry, type ExecEntry, KubeconfigFault, parseYaml } from "./kubeconfigFile.ts";

/** Longest wait for a plugin, in milliseconds. */
const PLUGIN_DEADLINE = 30_000;

/** Longest quotation of a plugin's errors and of its install hint, in characters. */
const QUOTED = 300;

/** `status` of an ExecCredential. */
export interface ExecCredential {
  readonly token: string;
  readonly clientCertificateData: string;
  readonly clientKeyData: string;
  /** Time in milliseconds since 1970; undefined: kept until the API server refuses it. */
  readonly expires: number | undefined;
}

/** An exec plugin with the arguments of one cluster. Several clients of a process share its credential, as in client-go. */
export class ExecPlugin {
  private static readonly all = new Map<string, ExecPlugin>();
  private readonly exec: ExecEntry;
  private readonly info: string;
  private current: Promise<ExecCredential> | undefined;

  private constructor(exec: ExecEntry, info: string) {
    this.exec = exec;
    this.info = info;
  }

  /** @param authority of the cluster, PEM; only for a plugin that wants to know the cluster. */
  static of(exec: ExecEntry, cluster: ClusterEntry, authority: string | undefined): ExecPlugin {
    const info = execInfo(exec, cluster, authority);
    const key = JSON.stringify([exec, info]);
    const plugin = this.all.get(key) ?? new ExecPlugin(exec, info);
    this.all.set(key, plugin);
    return plugin;
  }

  /**
   * Returns the last credential, or runs the plugin when there is none that is still valid.
   * @param refused credential that the API server did not accept.
   * @throws KubeconfigFault when the plugin does not return a credential.
   */
  async credential(refused: ExecCredential | undefined): Promise<ExecCredential> {
    const last = this.current;
    const known = await last?.catch(() => undefined);
    // Another request has run the plugin in between.
    if (this.current !== last) return this.credential(refused);
    const isValid = known !== undefined && known !== refused && (known.expires ?? Infinity) > Date.now();
    if (isValid) return known;
    this.current = run(this.exec, this.info);
    return this.current;
  }
}

/** Renders `KUBERNETES_EXEC_INFO`. */
function execInfo(exec: ExecEntry, cluster: ClusterEntry, authority: string | undefined): string {
  const { server, tlsServerName, insecureSkipTlsVerify, proxyUrl, disableCompression, execConfig } = cluster;
  const about = {
    server,
    "tls-server-name": tlsServerName || undefined,
    "insecure-skip-tls-verify": insecureSkipTlsVerify || undefined,
    "certificate-authority-data":
      authority === undefined ? undefined : Buffer.from(authority).toString("base64"),
    "proxy-url": proxyUrl || undefined,
    "disable-compression": disableCompression || undefined,
    config: execConfig,
  };
  const spec = { cluster: exec.provideClusterInfo ? about : undefined, interactive: false };
  return JSON.stringify({ kind: "ExecCredential", apiVersion: exec.apiVersion, spec });
}

async function run(exec: ExecEntry, info: string): Promise<ExecCredential> {
  const command = exec.command.includes(sep) ? normalize(exec.command) : exec.command;
  if (exec.interactiveMode === "Always") {
    throw new KubeconfigFault(
      `exec plugin ${command} needs a terminal (interactiveMode: Always), and the program has none`,
    );
  }
  const output = await outputOf(command, exec, info);
  let answer: unknown;
  try {
    answer = await parseYaml(output);
  } catch {
    answer = undefined;
  }
  return readCredential(answer, exec.apiVersion, command);
}

/** Runs the command to its end. @returns what it prints, which is secret. */
async function outputOf(command: string, exec: ExecEntry, info: string): Promise<string> {
  const fault = (rule: string) => new KubeconfigFault(`exec plugin ${command} ${rule}`);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const variables = Object.fromEntries(exec.env.map(({ name, value }) => [name, value]));
  const child = spawn(command, exec.args, {
    env: { ...process.env, ...variables, KUBERNETES_EXEC_INFO: info },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    child.stdout.destroy();
    child.stderr.destroy();
    reject(fault(`gave no credential within ${PLUGIN_DEADLINE / 1000} s`));
  }, PLUGIN_DEADLINE);
  const output: Buffer[] = [];
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-10 * QUOTED)));
  child.on("error", (error: NodeJS.ErrnoException) => {
    const hint = printable(exec.installHint);
    const missing = `is not installed${hint === "" ? "" : `: ${hint}`}`;
    reject(
      fault(error.code === "ENOENT" ? missing : `cannot be started (${error.code ?? "unknown reason"})`),
    );
  });
  child.on("close", (code, signal) => {
    const said = printable(withoutTokens(errors));
    if (code === 0) resolve(Buffer.concat(output).toString());
    else reject(fault(`failed with exit code ${code ?? String(signal)}${said === "" ? "" : `: ${said}`}`));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Formats a text in one short line without control characters. */
function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, QUOTED);
}

/** Replaces what may be a credential. */
function withoutTokens(text: string): string {
  return text.replace(/[\w+=.~-]{40,}/g, "...");
}

function readCredential(answer: unknown, apiVersion: string, command: string): ExecCredential {
  const fault = (rule: string) => new KubeconfigFault(`exec plugin ${command} ${rule}`);
  const { kind, apiVersion: version, status } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  if (kind !== "ExecCredential") throw fault("prints no ExecCredential");
  if (version !== apiVersion) throw fault(`must answer in ${apiVersion}, as the kubeconfig says`);
  if (typeof status !== "object" || status === null) throw fault("prints an ExecCredential without status");
  const fields = status as Readonly<Record<string, unknown>>;
  const text = (name: string): string => {
    const value = fields[name] ?? "";
    if (typeof value !== "string") throw fault(`prints status.${name} that is no text`);
    return value;
  };
  const [token, clientCertificateData, clientKeyData, end] = [
    text("token"),
    text("clientCertificateData"),
    text("clientKeyData"),
    text("expirationTimestamp"),
  ];
  if (token === "" && clientCertificateData === "" && clientKeyData === "") {
    throw fault("prints neither a token nor a client certificate");
  }
  if ((clientCertificateData === "") !== (clientKeyData === "")) {
    throw fault("prints only one of client certificate and key");
  }
  const expires = end === "" ? undefined : Date.parse(end);
  if (Number.isNaN(expires)) throw fault("prints a status.expirationTimestamp that is no time");
  return { token, clientCertificateData, clientKeyData, expires };
}
