import { isIP } from "node:net";
import * as z from "zod";
import type { SingleMesh } from "../config/singleMesh.ts";
import { ADDRESS, canonicalAddress } from "../core/address.ts";
import type { Fault } from "../core/fault.ts";
import { text, type TextRule } from "../core/schema.ts";
import { certificatesIn, certificatesOnly, hasPrivateKey } from "../x509/certificate.ts";

/** Where a cluster's API server is reached, and by what it is known. */
export interface ApiServer {
  /** `https://host[:port][/path]`. */
  server: string;
  /** PEM: what its serving certificate must be issued by, or be. */
  certificateAuthority: string;
}

/** Characters of a URL, and of the certificates: each goes into a Secret of every peer. */
const URL_LIMIT = 2048;
const CERTIFICATES_LIMIT = 65_536;

/** An API server's URL; one with credentials, a query or a fragment is more than an address. */
export const SERVER_URL: TextRule = {
  test: (value) => value.length <= URL_LIMIT && isServerUrl(value),
  rule: "must be the URL of an API server: https://host[:port][/path], with nothing else in it",
  remedy: "Write it as clients of another cluster reach it, e.g. https://api.cluster-a.example:6443",
};

/** One or more certificates, PEM. */
export const CERTIFICATE_BUNDLE: TextRule = {
  test: (value) => value.length <= CERTIFICATES_LIMIT && (certificatesIn(value)?.length ?? 0) > 0,
  rule: "must be one or more certificates in PEM",
  remedy: "Write those by which the API server is known: certificate-authority-data of a kubeconfig, decoded",
};

/** What to do about a private key beside the certificates. */
const KEY_REMEDY = "Take the key out: clients know an API server by its certificates only";

/** The fields of an {@link ApiServer}, for a config and for what a peer publishes. Of the certificates nothing passes but these. */
export const apiServerFields: {
  server: z.ZodString;
  certificateAuthority: z.ZodString;
} = {
  server: text(SERVER_URL),
  certificateAuthority: z
    .string()
    .refine((value) => !hasPrivateKey(value), {
      error: "has a private key in it, which would go to every peer",
      abort: true,
      params: { remedy: `${KEY_REMEDY}, and replace it if this was stored anywhere`, withoutValue: true },
    })
    .refine(CERTIFICATE_BUNDLE.test, {
      error: CERTIFICATE_BUNDLE.rule,
      // What is no certificate may be anything, a key cut in half among it.
      params: { remedy: CERTIFICATE_BUNDLE.remedy, withoutValue: true },
    })
    .overwrite(certificatesOnly),
};

/**
 * Resolves how peers reach this cluster's API server: as the config says, with the kubeconfig's certificates where the config has none.
 * @param kubeconfigAuthority certificates by which the kubeconfig knows it, PEM.
 * @returns a fault at `singleMesh.apiServer.certificateAuthority` where neither has certificates that can be published.
 */
export function resolveApiServer(
  { server, certificateAuthority }: SingleMesh["apiServer"],
  kubeconfigAuthority: string | undefined,
): ApiServer | Fault {
  if (certificateAuthority !== undefined) return { server, certificateAuthority };
  const missing = (why: string, remedy: string): Fault => ({
    path: "singleMesh.apiServer.certificateAuthority",
    rule: `is missing, and ${why}`,
    remedy,
  });
  if (kubeconfigAuthority === undefined || !CERTIFICATE_BUNDLE.test(kubeconfigAuthority)) {
    return missing(
      "the kubeconfig has no certificate-authority for this cluster to use instead",
      CERTIFICATE_BUNDLE.remedy,
    );
  }
  if (hasPrivateKey(kubeconfigAuthority)) {
    return missing(
      "the kubeconfig's certificate-authority, to use instead, has a private key in it",
      KEY_REMEDY,
    );
  }
  return { server, certificateAuthority: certificatesOnly(kubeconfigAuthority) };
}

/** The host in an API server's URL: an IP address without brackets, or a DNS name. */
export function apiServerHost(server: string): string {
  return canonicalAddress(new URL(server).hostname.replace(/^\[|\]$/g, ""));
}

function isServerUrl(value: string): boolean {
  if (!/^https:\/\/[^\s\\@?#]+$/.test(value) || !URL.canParse(value)) return false;
  const host = apiServerHost(value);
  // A URL reads 0x7f.1 and 2130706433 as addresses: only what is written as it is meant passes.
  return ADDRESS.test(host) && (isIP(host) === 0 || value.includes(host) || value.includes("["));
}
/** The same once the program has looked: nothing is left to find. */
export type ResolvedMesh = Omit<SingleMesh, "apiServer"> & { apiServer: ApiServer };
