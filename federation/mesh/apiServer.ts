import { isIP } from "node:net";
import * as z from "zod";
import type { SingleMesh } from "../config/singleMesh.ts";
import { ADDRESS, canonicalAddress } from "../core/address.ts";
import type { Fault } from "../core/fault.ts";
import { cleanPem } from "../core/pasted.ts";
import { text, type TextRule } from "../core/schema.ts";
import { certificatesIn, certificatesOnly, hasPrivateKey } from "../x509/certificate.ts";

/** Address of a cluster's API server, and the certificates that clients verify it by. */
export interface ApiServer {
  /** `https://host[:port][/path]`. */
  server: string;
  /** PEM: issuers of its serving certificate, or that certificate itself. */
  certificateAuthority: string;
}

/** Most characters of a URL and of the certificates, which every peer keeps in a Secret. */
const URL_LIMIT = 2048;
const CERTIFICATES_LIMIT = 65_536;

/** URL of an API server, without credentials, query or fragment. */
export const SERVER_URL: TextRule = {
  test: (value) => value.length <= URL_LIMIT && isServerUrl(value),
  rule: "must be the URL of an API server: https://host[:port][/path], with nothing else in it",
  remedy: "Write it as clients of another cluster reach it, e.g. https://api.cluster-a.example:6443",
  withoutValue: true,
};

/** One or more certificates, PEM. */
export const CERTIFICATE_BUNDLE: TextRule = {
  test: (value) => value.length <= CERTIFICATES_LIMIT && (certificatesIn(value)?.length ?? 0) > 0,
  rule: "must be one or more certificates in PEM",
  remedy: "Write the API server's certificate authority: certificate-authority-data of a kubeconfig, decoded",
};

/** Remedy of a private key beside the certificates. */
const KEY_REMEDY = "Remove the key: clients verify an API server by its certificates only";

/** Schemas of the fields of an {@link ApiServer}, in a config or a peer's output; text around certificates is removed. */
export const apiServerFields: {
  server: z.ZodString;
  certificateAuthority: z.ZodString;
} = {
  server: text(SERVER_URL),
  certificateAuthority: z
    .string()
    .overwrite(cleanPem)
    .refine((value) => !hasPrivateKey(value), {
      error: "has a private key in it, which would go to every peer",
      abort: true,
      params: { remedy: `${KEY_REMEDY}, and replace it if this was stored anywhere`, withoutValue: true },
    })
    .refine(CERTIFICATE_BUNDLE.test, {
      error: CERTIFICATE_BUNDLE.rule,
      // Without the value: it may be half of a key.
      params: { remedy: CERTIFICATE_BUNDLE.remedy, withoutValue: true },
    })
    .overwrite(certificatesOnly),
};

/**
 * Resolves the address of this cluster's API server for peers; certificates default to those of the kubeconfig.
 * @param kubeconfigAuthority the kubeconfig's `certificate-authority`, PEM.
 * @returns a fault at `singleMesh.apiServer.certificateAuthority` where neither has certificates that can be published.
 */
export function resolveApiServer(
  { server, certificateAuthority }: SingleMesh["apiServer"],
  kubeconfigAuthority: string | undefined,
): ApiServer | Fault {
  if (certificateAuthority !== undefined) return { server, certificateAuthority };
  const path = "singleMesh.apiServer.certificateAuthority";
  if (kubeconfigAuthority === undefined || !CERTIFICATE_BUNDLE.test(kubeconfigAuthority)) {
    const rule =
      "is missing, and the kubeconfig has no certificate-authority for this cluster to use instead";
    return { path, rule, remedy: CERTIFICATE_BUNDLE.remedy };
  }
  if (hasPrivateKey(kubeconfigAuthority)) {
    const rule =
      "is missing, and the kubeconfig's certificate-authority, to use instead, has a private key in it";
    return { path, rule, remedy: KEY_REMEDY };
  }
  return { server, certificateAuthority: certificatesOnly(kubeconfigAuthority) };
}

/** Returns the host of an API server's URL: an IP address without brackets, or a DNS name. */
export function apiServerHost(server: string): string {
  return canonicalAddress(new URL(server).hostname.replace(/^\[|\]$/g, ""));
}

function isServerUrl(value: string): boolean {
  if (!/^https:\/\/[^\s\\@?#]+$/.test(value) || !URL.canParse(value)) return false;
  const host = apiServerHost(value);
  // URL parses 0x7f.1 and 2130706433 as addresses: the canonical form only is accepted.
  return ADDRESS.test(host) && (isIP(host) === 0 || value.includes(host) || value.includes("["));
}

/** Config of a single mesh, with the API server resolved. */
export type ResolvedMesh = Omit<SingleMesh, "apiServer"> & { apiServer: ApiServer };
