import type { SelectedContext } from "./kubeconfig.ts";
import { KubeconfigFault, type UserEntry } from "./kubeconfigFile.ts";
import { type ClientCertificate, endOf, readText } from "./tls.ts";
import type { ExecCredential } from "./execPlugin.ts";

/** Credentials of a context's user, as read from files and plugins. */
export interface Identity {
  /** Value of the header `Authorization`. */
  readonly authorization: string | undefined;
  readonly client: ClientCertificate | undefined;
  /** Last content of the token file. */
  readonly fileToken: string | undefined;
  readonly exec: ExecCredential | undefined;
}

export const ANONYMOUS: Identity = {
  ...{ authorization: undefined, client: undefined, fileToken: undefined, exec: undefined },
};

/**
 * Reads a user's credentials in client-go's order: a certificate goes with a token or a password; a plugin runs when there is none of them.
 * @param authority of the cluster, PEM, for a plugin that wants to know it.
 * @param last identity before this one: its token stays while the token file cannot be read.
 * @param isRefused whether the API server did not accept the last identity.
 * @throws KubeconfigFault when a file cannot be read or a plugin fails.
 */
export async function identify(
  { server, cluster, user, userName }: SelectedContext,
  authority: string | undefined,
  last: Identity,
  isRefused: boolean,
): Promise<Identity> {
  const inUrl =
    server.username === "" ? undefined : basic(decoded(server.username), decoded(server.password));
  // Credentials are sent over TLS only.
  if (user === undefined || server.protocol !== "https:") return { ...ANONYMOUS, authorization: inUrl };
  const client = await readClientCertificate(user, userName);
  const fileToken = user.tokenFile === "" ? undefined : await readTokenFile(user, last.fileToken);
  const token = fileToken ?? user.token;
  const own =
    token === "" ? (user.username === "" ? undefined : basic(user.username, user.password)) : bearer(token);
  const known = { authorization: inUrl ?? own, client, fileToken };
  if (user.exec === undefined || client !== undefined || own !== undefined)
    return { ...known, exec: undefined };
  const { ExecPlugin } = await import("./execPlugin.ts");
  const plugin = ExecPlugin.of(user.exec, cluster, authority);
  const exec = await plugin.credential(isRefused ? last.exec : undefined);
  const { token: issued, clientCertificateData: certificate, clientKeyData: key } = exec;
  return {
    authorization: inUrl ?? (issued === "" ? undefined : bearer(issued)),
    client:
      certificate === "" ? undefined : { certificate, key, source: `the exec plugin's client certificate` },
    fileToken: undefined,
    exec,
  };
}

async function readClientCertificate(user: UserEntry, name: string): Promise<ClientCertificate | undefined> {
  const { clientCertificate, clientCertificateData, clientKey, clientKeyData } = user;
  if (clientCertificate === "" && clientCertificateData === undefined) return undefined;
  const [certificate, key] = await Promise.all([
    clientCertificateData?.toString() ?? readText(clientCertificate, "client-certificate"),
    clientKeyData?.toString() ?? readText(clientKey, "client-key"),
  ]);
  return { certificate, key, source: `client-certificate of user ${JSON.stringify(name)}` };
}

/** Reads the token file; one that cannot be read yet, or any more, leaves the last token or else the kubeconfig's. */
async function readTokenFile({ token, tokenFile }: UserEntry, last: string | undefined): Promise<string> {
  const fallback = last ?? token;
  try {
    const content = (await readText(tokenFile, "tokenFile")).trim();
    if (content === "") throw new KubeconfigFault(`tokenFile ${tokenFile} is empty`);
    return content;
  } catch (error) {
    if (fallback === "") throw error;
    return fallback;
  }
}

function bearer(token: string): string {
  return `Bearer ${headerValue(token, "token")}`;
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Encodes a header's value in UTF-8. @throws KubeconfigFault when it has a line end or another control character. */
function headerValue(value: string, field: string): string {
  if (/[^\P{Cc}\t]/u.test(value))
    throw new KubeconfigFault(`${field} has a line end or another control character`);
  return Buffer.from(value).toString("latin1");
}

/** Returns the headers by which a user acts as another one. @throws KubeconfigFault when a value fits no header. */
export function impersonationHeaders(user: UserEntry | undefined): Record<string, string | string[]> {
  if (user === undefined || user.as === "") return {};
  const { as, asUid, asGroups, asUserExtra } = user;
  const extra = Object.entries(asUserExtra).map(
    ([key, values]) =>
      [
        `Impersonate-Extra-${escapeHeaderName(key)}`,
        values.map((value) => headerValue(value, "as-user-extra")),
      ] as const,
  );
  return {
    "Impersonate-User": headerValue(as, "as"),
    ...(asUid === "" ? {} : { "Impersonate-Uid": headerValue(asUid, "as-uid") }),
    ...(asGroups.length === 0
      ? {}
      : { "Impersonate-Group": asGroups.map((each) => headerValue(each, "as-groups")) }),
    ...Object.fromEntries(extra.filter(([, values]) => values.length > 0)),
  };
}

/** Escapes each byte that a header's name cannot have, and `%`, as client-go does. */
function escapeHeaderName(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w!#$&'*+.^`|~-]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

/** Explains why an API server may not know who sent a request; undefined when the credentials look valid. */
export function explainRefusal(
  { server, user, userName }: SelectedContext,
  { authorization, client }: Identity,
  now: Date,
): string | undefined {
  const name = JSON.stringify(userName);
  const validity = client === undefined ? undefined : endOf(client.certificate);
  if (client !== undefined && validity !== undefined && (now > validity.until || now < validity.from)) {
    const period =
      now > validity.until
        ? `expired on ${utc(validity.until)}`
        : `is not valid before ${utc(validity.from)}`;
    return `${client.source} (${validity.subject}) ${period}`;
  }
  const end = authorization?.startsWith("Bearer ") === true ? tokenEnd(authorization) : undefined;
  if (end !== undefined && now > end) return `the token of user ${name} expired on ${utc(end)}`;
  if (authorization !== undefined || client !== undefined) return undefined;
  if (server.protocol !== "https:") return "credentials are sent to an https:// server only";
  if (userName === "") return "the context names no user";
  return user === undefined ? `user ${name} is not in the kubeconfig` : `user ${name} has no credentials`;
}

/** Reads `exp` of a JSON web token. */
function tokenEnd(authorization: string): Date | undefined {
  try {
    const payload = Buffer.from(authorization.split(".")[1] ?? "", "base64url").toString();
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === "number" ? new Date(exp * 1000) : undefined;
  } catch {
    return undefined;
  }
}

function utc(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
