import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, sep } from "node:path";

/** Fault of a kubeconfig or of one of its fields. The message never quotes a credential. */
export class KubeconfigFault extends Error {}

/** Cluster of a kubeconfig (`v1.Cluster`). An absent text is empty; paths are absolute. */
export interface ClusterEntry {
  readonly server: string;
  readonly tlsServerName: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly certificateAuthority: string;
  readonly certificateAuthorityData: Buffer | undefined;
  readonly proxyUrl: string;
  readonly disableCompression: boolean;
  /** Extension `client.authentication.k8s.io/exec`: settings of this cluster for an exec plugin. */
  readonly execConfig: unknown;
}

/** User of a kubeconfig (`v1.AuthInfo`). An absent text is empty; paths are absolute. */
export interface UserEntry {
  readonly clientCertificate: string;
  readonly clientCertificateData: Buffer | undefined;
  readonly clientKey: string;
  readonly clientKeyData: Buffer | undefined;
  readonly token: string;
  readonly tokenFile: string;
  readonly username: string;
  readonly password: string;
  readonly as: string;
  readonly asUid: string;
  readonly asGroups: readonly string[];
  readonly asUserExtra: Readonly<Record<string, readonly string[]>>;
  /** Name of an auth provider: the predecessor of exec plugins. */
  readonly authProvider: string | undefined;
  readonly exec: ExecEntry | undefined;
}

/** Exec plugin of a user (`v1.ExecConfig`). */
export interface ExecEntry {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint: string;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: string;
}

export interface ContextEntry {
  readonly cluster: string;
  readonly user: string;
}

/** One file, or several merged. */
export interface Kubeconfig {
  readonly currentContext: string;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
}

const EXEC_EXTENSION = "client.authentication.k8s.io/exec";

/**
 * Reads one file as clientcmd does: unknown fields are ignored, fields of another type are faults.
 * @returns undefined when there is no such file.
 * @throws KubeconfigFault when the file cannot be read or decoded.
 */
export async function readKubeconfigFile(path: string): Promise<Kubeconfig | undefined> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new KubeconfigFault(code === "EISDIR" ? "is a folder" : `cannot be opened (${code})`);
  }
  return decodeConfig(new Fields("kubeconfig", await parseYaml(content)), dirname(path));
}

/**
 * Parses the first document of a YAML text with the types that clientcmd's parser gives to plain values.
 * @throws KubeconfigFault with the line of a fault, without the text around it.
 */
export async function parseYaml(text: string): Promise<unknown> {
  const yaml = await import("js-yaml");
  const { nullYaml11Tag, boolYaml11Tag, intCoreTag, floatCoreTag, mergeTag } = yaml;
  const schema = yaml.FAILSAFE_SCHEMA.withTags(
    nullYaml11Tag,
    boolYaml11Tag,
    intCoreTag,
    floatCoreTag,
    mergeTag,
  );
  try {
    // As in clientcmd's parser, a repeated key replaces the first, and further documents are ignored.
    return yaml.loadAll(text, { schema, json: true })[0];
  } catch (error) {
    const { reason = "unreadable", mark } = error as { reason?: string; mark?: { line: number } };
    // A reason may quote an alias or a tag, which may be a token without quotation marks.
    const cause = reason.replace(/["'<!*&].*/s, "...");
    throw new KubeconfigFault(`not YAML: ${cause} (line ${(mark?.line ?? 0) + 1})`);
  }
}

function decodeConfig(file: Fields, folder: string): Kubeconfig {
  const version = file.text("apiVersion") || "v1";
  const kind = file.text("kind") || "Config";
  if (version !== "v1" || kind !== "Config") {
    throw new KubeconfigFault(`is a ${kind} of ${version}, and must be a Config of v1`);
  }
  const absolute = (path: string): string => (path === "" || isAbsolute(path) ? path : join(folder, path));
  return {
    currentContext: file.text("current-context"),
    clusters: decodeNamed(file, "clusters", "cluster", (fields) => decodeCluster(fields, absolute)),
    users: decodeNamed(file, "users", "user", (fields) => decodeUser(fields, absolute)),
    contexts: decodeNamed(file, "contexts", "context", (fields) => ({
      cluster: fields.text("cluster"),
      user: fields.text("user"),
    })),
  };
}

function decodeNamed<T>(
  file: Fields,
  list: string,
  field: string,
  decode: (fields: Fields) => T,
): Map<string, T> {
  const entries = new Map<string, T>();
  for (const entry of file.objects(list)) {
    const name = entry.text("name");
    if (entries.has(name)) throw new KubeconfigFault(`${list} has two named ${JSON.stringify(name)}`);
    entries.set(name, decode(entry.object(field, `${field} ${JSON.stringify(name)}`)));
  }
  return entries;
}

function decodeCluster(fields: Fields, absolute: (path: string) => string): ClusterEntry {
  const extensions = fields.objects("extensions");
  return {
    server: fields.text("server"),
    tlsServerName: fields.text("tls-server-name"),
    insecureSkipTlsVerify: fields.flag("insecure-skip-tls-verify"),
    certificateAuthority: absolute(fields.text("certificate-authority")),
    certificateAuthorityData: fields.bytes("certificate-authority-data"),
    proxyUrl: fields.text("proxy-url"),
    disableCompression: fields.flag("disable-compression"),
    execConfig: extensions.find((each) => each.text("name") === EXEC_EXTENSION)?.value("extension") ?? null,
  };
}

function decodeUser(fields: Fields, absolute: (path: string) => string): UserEntry {
  const provider = fields.value("auth-provider") as object | undefined;
  return {
    clientCertificate: absolute(fields.text("client-certificate")),
    clientCertificateData: fields.bytes("client-certificate-data"),
    clientKey: absolute(fields.text("client-key")),
    clientKeyData: fields.bytes("client-key-data"),
    token: fields.text("token"),
    tokenFile: absolute(fields.text("tokenFile")),
    username: fields.text("username"),
    password: fields.text("password"),
    as: fields.text("as"),
    asUid: fields.text("as-uid"),
    asGroups: fields.texts("as-groups"),
    asUserExtra: fields.lists("as-user-extra"),
    authProvider: provider === undefined ? undefined : fields.object("auth-provider").text("name"),
    exec: fields.value("exec") === undefined ? undefined : decodeExec(fields.object("exec"), absolute),
  };
}

function decodeExec(fields: Fields, absolute: (path: string) => string): ExecEntry {
  const apiVersion = fields.text("apiVersion");
  const command = fields.text("command");
  return {
    apiVersion,
    // A mere name is looked up in $PATH.
    command: command.includes(sep) ? absolute(command) : command,
    args: fields.texts("args"),
    env: fields
      .objects("env")
      .map((variable) => ({ name: variable.text("name"), value: variable.text("value") })),
    installHint: fields.text("installHint"),
    provideClusterInfo: fields.flag("provideClusterInfo"),
    // v1 has no default.
    interactiveMode: fields.text("interactiveMode") || (apiVersion.endsWith("/v1beta1") ? "IfAvailable" : ""),
  };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Object of a decoded file: reads fields by type. A field that is absent or null has its type's empty value. */
class Fields {
  private readonly where: string;
  private readonly content: Readonly<Record<string, unknown>>;

  /** @param where place for messages, e.g. `user "admin"`. */
  constructor(where: string, value: unknown) {
    this.where = where;
    if (value !== undefined && value !== null && (typeof value !== "object" || Array.isArray(value))) {
      throw new KubeconfigFault(`${where} must be a map`);
    }
    this.content = (value ?? {}) as Record<string, unknown>;
  }

  /** Returns undefined for null too. */
  value(name: string): unknown {
    return Object.hasOwn(this.content, name) ? (this.content[name] ?? undefined) : undefined;
  }

  text(name: string): string {
    return this.textOf(name, this.value(name));
  }

  flag(name: string): boolean {
    const value = this.value(name) ?? false;
    if (typeof value !== "boolean") throw this.fault(name, "must be true or false");
    return value;
  }

  /** Returns undefined for no bytes. */
  bytes(name: string): Buffer | undefined {
    const text = this.text(name).replace(/[\r\n]/g, "");
    if (!BASE64.test(text)) throw this.fault(name, "must be base64");
    return text === "" ? undefined : Buffer.from(text, "base64");
  }

  texts(name: string): string[] {
    return this.list(name, this.value(name)).map((each) => this.textOf(name, each));
  }

  /** Reads a map of lists of texts. */
  lists(name: string): Record<string, string[]> {
    const map = new Fields(`${this.where}: ${name}`, this.value(name));
    return Object.fromEntries(Object.keys(map.content).map((key) => [key, map.texts(key)]));
  }

  object(name: string, where = `${this.where}: ${name}`): Fields {
    return new Fields(where, this.value(name));
  }

  objects(name: string): Fields[] {
    return this.list(name, this.value(name)).map((each) => new Fields(`${this.where}: ${name}[]`, each));
  }

  private list(name: string, value: unknown): unknown[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.fault(name, "must be a list");
    return value;
  }

  private textOf(name: string, value: unknown): string {
    if (value === undefined || value === null) return "";
    if (typeof value === "string") return value;
    throw this.fault(name, "must be a text (write a number or a truth value in quotes)");
  }

  private fault(name: string, rule: string): KubeconfigFault {
    return new KubeconfigFault(`${this.where}: ${name} ${rule}`);
  }
}
