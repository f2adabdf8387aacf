import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { checkServerIdentity, createSecureContext } from "node:tls";
import type { Dispatcher } from "undici";
import { SIZE_LIMIT, sizeFaults } from "../federation/contract/contract.ts";
import type { PeerConfig } from "../federation/config/peers.ts";
import { SIGNATURE, verifySignature } from "../federation/contract/signature.ts";
import { exceedsJson } from "../federation/core/size.ts";
import { count, messageOf, parseJson } from "../federation/core/text.ts";
import type { ContractReading, PublishedContract } from "../federation/imports/registration.ts";
import type { Reading, Refused } from "../federation/snapshot.ts";
import { certificatesIn } from "../federation/x509/certificate.ts";
import { readPem } from "./certificateFiles.ts";
import { machineRoots, openConnections, withinDeadline } from "../kubernetes/connections.ts";
import { resolvePath } from "../kubernetes/kubeconfig.ts";
import { selectProxy } from "../kubernetes/proxy.ts";

/**
 * Reads a contract by the peer's settings.
 * @param path of these settings in the config.
 */
export async function readPeerDocument(
  { file, url, certificateAuthority: given, headers = {} }: PeerConfig,
  path: string,
): Promise<Reading<ContractReading>> {
  if (url === undefined) return { value: await readContractFile(file ?? "") };
  const certificateAuthority = readServerAuthority(given, `${path}.certificateAuthority`);
  if ("faults" in certificateAuthority) return certificateAuthority;
  return {
    value: await readContractUrl({ url, certificateAuthority: certificateAuthority.value, headers }),
  };
}

/**
 * Reads the certificates of the config by which a server is verified.
 * @param given PEM or the name of a file.
 * @param path of the field.
 */
export function readServerAuthority(
  given: string | undefined,
  path: string,
): { value: string[] | undefined } | Refused {
  if (given === undefined) return { value: undefined };
  const certificates = certificatesIn(readPem(given) ?? "") ?? [];
  if (certificates.length > 0) return { value: certificates.map(String) };
  const rule = "is neither certificates in PEM nor a file with them that can be read";
  const remedy = "Name the file that has the certificates by which the server is verified";
  return { faults: [{ path, rule, remedy }] };
}

/** Verifies the signature of a contract that was read, unless the contract is too large to be worth the work. */
export async function readContractDocument(contract: unknown): Promise<PublishedContract> {
  const [fault] = sizeFaults(contract);
  return { contract, signature: fault === undefined ? await verifySignature(contract) : { fault } };
}

/** A contract at an https:// address. */
export interface ContractUrl {
  url: string;
  /** Certificates by which the server is verified, PEM; undefined for those of the machine. */
  certificateAuthority: string[] | undefined;
  /** Headers of the request, e.g. `authorization`; secret. */
  headers: Readonly<Record<string, string>>;
}

/** Longest wait for a contract, redirects included, in milliseconds: below what a preview waits for a cluster. */
const DEADLINE = 10_000;

/** Bounds of a document's parsed form: a contract has six levels, and fewer values than {@link SIZE_LIMIT} has room for. */
const JSON_LIMITS = { depth: 32, values: 4_000_000 };

/** Redirects that are followed. */
const REDIRECTS = 3;

/** Statuses of a redirect of a GET. */
const REDIRECT = new Set([301, 302, 303, 307, 308]);

const AGAIN = "it is read again in the next run";

/**
 * Reads a contract from a file.
 * @param file relative to the project, or with `~/`.
 * @returns pending for a file that cannot be read, is no regular file, is too large or not JSON.
 */
export async function readContractFile(file: string): Promise<ContractReading> {
  let bytes: Buffer | undefined;
  try {
    // In a repository it may be a link to a device without end, or to a pipe that nobody writes.
    const handle = await open(resolvePath(file), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) throw Object.assign(new Error(), { code: "no regular file" });
      bytes = await boundedBytes(handle.createReadStream({ end: SIZE_LIMIT, autoClose: false }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code = "unknown reason" } = error as NodeJS.ErrnoException;
    return { pending: `file ${file} cannot be read (${code}); put the peer's contract there` };
  }
  return readJsonContract(parseDocument(bytes, `file ${file}`), `file ${file}`);
}

/**
 * Reads a contract from an https:// address. The server is always verified; redirects are followed to https:// only, and secret headers
 * are not sent to another origin; `$HTTPS_PROXY` and `$NO_PROXY` hold as for a kubeconfig.
 * @returns pending with the reason for every answer but a JSON document with status 200.
 */
export async function readContractUrl(source: ContractUrl): Promise<ContractReading> {
  return readJsonContract(await readJsonUrl(source), describeUrl(new URL(source.url)));
}

/** @returns pending for other things that Pulumi prints of a stack. */
async function readJsonContract(document: JsonReading, where: string): Promise<ContractReading> {
  if ("pending" in document) return document;
  const { value } = document;
  const has = (key: string) => typeof value === "object" && value !== null && Object.hasOwn(value, key);
  const other = has(SIGNATURE)
    ? undefined
    : has("federation")
      ? "all outputs of a stack"
      : has("deployment")
        ? "the state of a stack, which holds keys"
        : undefined;
  const instead = "have the peer's team write the contract alone: `pulumi stack output federation --json`";
  return other === undefined ? readContractDocument(value) : { pending: `${where} has ${other}; ${instead}` };
}

/** A JSON document, or why there is none: a sentence, and the status of the answer where that is the reason. */
export type JsonReading = { value: unknown } | { pending: string; status?: number | undefined };

/** Reads a JSON document from an https:// address, see {@link readContractUrl}. */
export async function readJsonUrl(source: ContractUrl): Promise<JsonReading> {
  const where = describeUrl(new URL(source.url));
  try {
    const bytes = await withinDeadline(DEADLINE, (signal) => fetchBytes(source, signal));
    return parseDocument(bytes, where);
  } catch (error) {
    const isAnswer = error instanceof Unavailable;
    const pending = `${where} ${isAnswer ? error.message : causeOf(error)}; ${AGAIN}`;
    return { pending, status: isAnswer ? error.status : undefined };
  }
}

/** An answer that is no document; the message completes "<address> ...". */
class Unavailable extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** @returns undefined for a document beyond the limit. */
async function fetchBytes(
  { url, certificateAuthority: ca, headers }: ContractUrl,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const roots = ca ?? machineRoots();
  // Written out, so that no environment variable can turn the verification off.
  const tls = {
    secureContext: createSecureContext({ ca: roots }),
    rejectUnauthorized: true,
    checkServerIdentity,
  };
  let target = new URL(url);
  for (let redirects = 0; ; redirects++) {
    const dispatcher = await openConnections(tls, selectProxy(target, ""));
    try {
      const isOrigin = target.origin === new URL(url).origin;
      const response = await dispatcher.request({
        origin: target.origin,
        path: target.pathname + target.search,
        method: "GET",
        // A compressed answer could be larger than it looks.
        headers: { ...(isOrigin ? headers : {}), accept: "application/json", "accept-encoding": "identity" },
        signal,
      });
      if (!REDIRECT.has(response.statusCode)) return await bodyOf(response);
      target = redirected(response, target);
      if (redirects === REDIRECTS) throw new Unavailable(`redirects more than ${REDIRECTS} times`);
    } finally {
      dispatcher.destroy().catch(() => undefined);
    }
  }
}

function redirected({ headers: { location } }: Dispatcher.ResponseData, from: URL): URL {
  const isGiven = typeof location === "string" && URL.canParse(location, from.href);
  const target = isGiven ? new URL(location, from.href) : undefined;
  if (target?.protocol === "https:") return target;
  throw new Unavailable("redirects to an address that is not https://");
}

async function bodyOf({ statusCode, body }: Dispatcher.ResponseData): Promise<Buffer | undefined> {
  if (statusCode !== 200) throw new Unavailable(`answers ${statusCode}`, statusCode);
  return boundedBytes(body);
}

/** @returns undefined for a document beyond the limit. */
async function boundedBytes(body: AsyncIterable<Buffer>): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > SIZE_LIMIT) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param bytes undefined when they are too many to be read. */
function parseDocument(bytes: Buffer | undefined, where: string): JsonReading {
  if (bytes === undefined)
    return { pending: `${where} has more than ${count(SIZE_LIMIT)} bytes, the most that is read; ${AGAIN}` };
  const text = decodeUtf8(bytes);
  if (text === undefined) return { pending: `${where} is not in UTF-8; have it written as that` };
  if (exceedsJson(text, JSON_LIMITS))
    return { pending: `${where} has more values or levels than any contract has; ${AGAIN}` };
  const value = parseJson(text);
  return value === undefined ? { pending: `${where} is no JSON document; ${AGAIN}` } : { value };
}

/** Decodes UTF-8, without a byte order mark; undefined for other encodings, e.g. the UTF-16 of `>` in Windows PowerShell. */
function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Address for messages: without user, password and query, which may be secret. */
function describeUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function causeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const isUntrusted = typeof code === "string" && /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code);
  if (isUntrusted) return `has a certificate that is not trusted (${code})`;
  return `cannot be read: ${messageOf(error)}`;
}
