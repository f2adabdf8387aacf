import { type KeyObject, X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import {
  type ConnectionOptions,
  type PeerCertificate,
  type SecureContext,
  checkServerIdentity,
  createSecureContext,
  getCACertificates,
} from "node:tls";
import { type ClusterEntry, KubeconfigFault } from "./kubeconfigFile.ts";

/** A client certificate with its chain, and its key, both PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
  /** Source for messages: `client-certificate of user "admin"`. */
  readonly source: string;
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----\s[^-:]*-----END CERTIFICATE-----/g;

/**
 * Reads the certificates by which a cluster's API server is verified, PEM.
 * @returns undefined when the kubeconfig has none.
 * @throws KubeconfigFault when the file cannot be read.
 */
export async function readAuthority(cluster: ClusterEntry): Promise<string | undefined> {
  const { certificateAuthority, certificateAuthorityData } = cluster;
  if (certificateAuthorityData !== undefined) return certificateAuthorityData.toString();
  return certificateAuthority === "" ? undefined : readText(certificateAuthority, "certificate-authority");
}

/** Reads a file that a field names. @throws KubeconfigFault with the field when the file cannot be read. */
export async function readText(path: string, field: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    throw new KubeconfigFault(`${field} ${path} cannot be read (${code})`);
  }
}

/**
 * Makes the TLS settings of connections to an API server.
 * @throws KubeconfigFault when a certificate or a key is unusable.
 */
export function tlsOptions(
  { tlsServerName, insecureSkipTlsVerify }: ClusterEntry,
  authority: string | undefined,
  client: ClientCertificate | undefined,
): ConnectionOptions {
  return {
    secureContext: trustContext(insecureSkipTlsVerify ? [] : trustedRoots(authority), client),
    rejectUnauthorized: !insecureSkipTlsVerify,
    // An IP address is verified, and not sent as SNI.
    ...(isIP(tlsServerName) === 0 && tlsServerName !== "" ? { servername: tlsServerName } : {}),
    checkServerIdentity: (host, certificate) => checkNames(tlsServerName || host, certificate),
  };
}

/** Makes the TLS settings of connections to an API server of which only the authority is known. */
export function trustOnly(authority: string): ConnectionOptions {
  return {
    secureContext: trustContext(trustedRoots(authority), undefined),
    checkServerIdentity: checkNames,
  };
}

/** Verifies a host by subject alternative names only: for Go a common name does not count. */
function checkNames(host: string, certificate: PeerCertificate): Error | undefined {
  const names = certificate.subjectaltname ?? "";
  if (names !== "") return checkServerIdentity(host, certificate);
  const message = `the certificate has no subject alternative name, such as ${host}; a common name does not count`;
  return Object.assign(new Error(message), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
}

/** Without an authority the machine's roots count, as for client-go. Node's own list has none that a company adds. */
function trustedRoots(authority: string | undefined): string[] {
  if (authority === undefined) return [...getCACertificates("default"), ...getCACertificates("system")];
  const readable = (authority.match(CERTIFICATES) ?? []).filter((pem) => parse(pem) !== undefined);
  if (readable.length === 0) throw new KubeconfigFault("certificate-authority has no certificate in PEM");
  return readable;
}

function trustContext(ca: string[], client: ClientCertificate | undefined): SecureContext {
  // client-go trusts every certificate in the list, also one that another one signed.
  const trust = { ca, allowPartialTrustChain: true };
  if (client === undefined) return createSecureContext(trust);
  const { certificate: cert, key, source } = client;
  checkPair(client);
  try {
    return createSecureContext({ ...trust, cert, key });
  } catch (error) {
    const { code = "unknown reason" } = error as NodeJS.ErrnoException;
    throw new KubeconfigFault(`${source} cannot be used (${code})`);
  }
}

function checkPair({ certificate, key, source }: ClientCertificate): void {
  const [first] = certificate.match(CERTIFICATES) ?? [];
  const parsed = first === undefined ? undefined : parse(first);
  if (parsed === undefined) throw new KubeconfigFault(`${source} is no certificate in PEM`);
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(key);
  } catch {
    throw new KubeconfigFault(`the key of ${source} is no PEM key without passphrase`);
  }
  if (!parsed.checkPrivateKey(privateKey)) {
    throw new KubeconfigFault(`the key does not belong to ${source}`);
  }
}

/** Returns the first certificate's subject and period of validity; undefined when the text is no PEM. */
export function endOf(pem: string): { subject: string; from: Date; until: Date } | undefined {
  const [first] = pem.match(CERTIFICATES) ?? [];
  const certificate = first === undefined ? undefined : parse(first);
  if (certificate === undefined) return undefined;
  const { subject, validFrom, validTo } = certificate;
  return { subject: subject.replaceAll("\n", ", "), from: new Date(validFrom), until: new Date(validTo) };
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
