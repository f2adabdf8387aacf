import { HOST_NAME } from "./names.ts";
import type { TextRule } from "./schema.ts";

/** SPIFFE ID standard, section 2.3: at most 2048 bytes, of which 255 for the trust domain. */
const ID_LIMIT = 2048;
const ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/;

/**
 * Trust domain that SPIFFE and Istio both accept. SPIFFE allows `_` and odd dots too, but istiod refuses a mesh config with them
 * (`ValidateTrustDomain`), and a certificate's name constraint on them is not portable.
 */
export const TRUST_DOMAIN: TextRule = {
  test: HOST_NAME.test,
  rule: "must be a trust domain that SPIFFE and Istio both accept: DNS-1123 labels (lower case, no '_') joined by '.'",
  remedy: "Write it as a DNS name, without 'spiffe://'",
};

/** SPIFFE id of a workload: a trust domain and a path, without port, user, query or percent codes. */
export const SPIFFE_ID: TextRule = {
  test: (text) => parseSpiffeId(text) !== undefined,
  rule: "must be a SPIFFE id: spiffe://<trust domain>/<path>, e.g. spiffe://b.local/ns/xyz/sa/bar",
  remedy: "Write it in full, without port, query or percent codes",
};

/** Parses a SPIFFE id; its path starts with `/`. @returns undefined for a text that is no SPIFFE id. */
export function parseSpiffeId(text: string): { trustDomain: string; path: string } | undefined {
  const [, trustDomain, path] = text.length <= ID_LIMIT ? (ID.exec(text) ?? []) : [];
  if (trustDomain === undefined || path === undefined) return undefined;
  if (path.split("/").some((segment) => segment === "." || segment === "..")) return undefined;
  return { trustDomain, path };
}

/**
 * Returns the SPIFFE ID that stands for every workload of a trust domain. istiod issues `/ns/<namespace>/sa/<name>` only, so no workload
 * has it.
 */
export function anyWorkload(trustDomain: string): string {
  return `spiffe://${trustDomain}/istio-federation/any-workload`;
}

/** Returns the identity that Istio gives to a service account's workloads. */
export function serviceAccountId(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}
