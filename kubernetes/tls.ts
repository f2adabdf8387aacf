import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import {
  type ConnectionOptions,
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
  const secureContext = trustContext(insecureSkipTlsVerify ? [] : trustedRoots(authority), client);
  if (tlsServerName === "") return { secureContext, rejectUnauthorized: !insecureSkipTlsVerify };
  return {
    secureContext,
    rejectUnauthorized: !insecureSkipTlsVerify,
    // An IP address is verified, and not sent as SNI.
    ...(isIP(tlsServerName) === 0 ? { servername: tlsServerName } : {}),
    checkServerIdentity: (_, certificate) => checkServerIdentity(tlsServerName, certificate),
  };
}

/** Makes the TLS settings of connections to an API server of which only the authority is known. */
export function trustOnly(authority: string): ConnectionOptions {
  return { secureContext: trustContext(trustedRoots(authority), undefined) };
}

/** Without an authority the machine's roots count, as for client-go. Node's own list has none that a company adds. */
function trustedRoots(authority: string | undefined): string[] {
  if (authority === undefined) return [...getCACertificates("default"), ...getCACertificates("system")];
  const readable = (authority.match(CERTIFICATES) ?? []).filter((pem) => parse(pem) !== undefined);
  if (readable.length === 0) throw new KubeconfigFault("certificate-authority has no certificate in PEM");
  return readable;
}

function trustContext(ca: string[], client: ClientCertificate | undefined): SecureContext {
  const { certificate, key, source = "" } = client ?? {};
  // client-go trusts every certificate in the list, also one that another one signed.
  const trust = { ca, allowPartialTrustChain: true };
  if (certificate === undefined || key === undefined) return createSecureContext(trust);
  if (endOf(certificate) === undefined) throw new KubeconfigFault(`${source} is no certificate in PEM`);
  try {
    return createSecureContext({ ...trust, cert: certificate, key });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMismatch = code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH";
    throw new KubeconfigFault(
      isMismatch
        ? `the key does not belong to ${source}`
        : `the key of ${source} is no PEM key without passphrase`,
    );
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
