import { X509Certificate } from "node:crypto";
import * as z from "zod";
import type { StackConfig } from "../config/stackConfig.ts";
import { canonicalAddress } from "../core/address.ts";
import { type Fault, settingCommand } from "../core/fault.ts";
import { isBelow } from "../core/names.ts";
import { sortedUnique } from "../core/order.ts";
import { authorityFaults, isIssuedBy } from "../x509/authority.ts";
import { canonicalCertificate, fingerprintOf } from "../x509/certificate.ts";
import { permittedNames } from "../x509/nameConstraints.ts";
import { rootFaults } from "../x509/root.ts";

/** Fields of istiod's Helm values that set its host names. */
const values = z.object({
  env: z.object({ ISTIOD_CUSTOM_HOST: z.string().optional().catch(undefined) }).catch({}),
  meshConfig: z
    .object({
      defaultConfig: z.object({ discoveryAddress: z.string().optional().catch(undefined) }).catch({}),
    })
    .catch({ defaultConfig: {} }),
});

/**
 * Parses the hosts by which proxies reach istiod, beside its Services' own names. Istiod's certificate has both (Istio's `getDNSNames`).
 * @param istiod Helm values of the stack for istiod's chart.
 * @returns DNS names and IP addresses, sorted; none by default.
 */
export function istiodHosts(istiod: Readonly<Record<string, unknown>>): string[] {
  const { env, meshConfig } = values.parse({ env: {}, meshConfig: {}, ...istiod });
  const { discoveryAddress = "" } = meshConfig.defaultConfig;
  const hosts = [discoveryAddress.replace(/:\d*$/, ""), ...(env.ISTIOD_CUSTOM_HOST ?? "").split(",")];
  return sortedUnique(
    hosts
      .map((host) => canonicalAddress(host.trim().replace(/^\[(.*)\]$/, "$1")))
      .filter((host) => host !== ""),
  );
}

const PATH = "certificateAuthority.shared.stack";

/** Roots that the stack of a shared root may publish. */
export interface SharedPins {
  stack: string;
  /** Fingerprints in the config. */
  configured: readonly string[] | undefined;
  /** Roots of this stack's last update, PEM; undefined at first sight. */
  known: readonly string[] | undefined;
}

/**
 * Validates the published roots. Whoever has a shared root's key can be any cluster, so another root needs consent.
 * @param roots PEM.
 */
export function validateSharedRoots(
  roots: readonly string[],
  { stack, configured, known }: SharedPins,
  now: Date,
): Fault[] {
  const unfit = roots.flatMap((pem, index) =>
    sharedRootRules(pem, now).map((rule) =>
      fault(stack, `publishes a root (${index + 1} of ${roots.length}) which ${rule}`),
    ),
  );
  const fingerprints = roots.map(fingerprintOf);
  const trusted = configured ?? known?.map(fingerprintOf);
  const strange = fingerprints.filter((root) => trusted?.includes(root) === false);
  if (strange.length === 0) return unfit;
  const origin = configured === undefined ? "pinned since it first signed for this cluster" : "in the config";
  const before = trusted?.join(", ");
  const accept = fingerprints
    .map((root, index) => settingCommand(`certificateAuthority.shared.roots[${index}]`, root))
    .join(" and ");
  const rule = `has another root: SHA-256 ${before} -> ${strange.join(", ")}, which is not among those ${origin}`;
  const remedy = `Ask its team for the fingerprints by another way than this. If they are right: ${accept}`;
  return [...unfit, fault(stack, rule, remedy)];
}

function sharedRootRules(pem: string, now: Date): string[] {
  if (canonicalCertificate(pem) === undefined)
    return ["is not one certificate in PEM, of a CA that may sign certificates"];
  const root = new X509Certificate(pem);
  return [...authorityFaults(root, 1, now), ...rootFaults(root)];
}

/** Validates that istiod may sign with an intermediate, and that it is valid for this cluster's names. */
export function validateIntermediate(
  { certificate, rootCertificates }: { certificate: string; rootCertificates: readonly string[] },
  { stack, cluster, istio }: { stack: string } & Pick<StackConfig, "cluster" | "istio">,
  now: Date,
): Fault[] {
  if (canonicalCertificate(certificate) === undefined) {
    const rule =
      "has published no valid certificate for this cluster, which must be one PEM certificate of a CA that may sign certificates";
    return [fault(stack, rule)];
  }
  const intermediate = new X509Certificate(certificate);
  const isRooted = rootCertificates.some(
    (pem) => canonicalCertificate(pem) !== undefined && isIssuedBy(intermediate, new X509Certificate(pem)),
  );
  const signed = (rule: string): Fault =>
    fault(stack, `has signed a certificate for this cluster which ${rule}`);
  return [
    ...authorityFaults(intermediate, 0, now).map(signed),
    ...(isRooted ? [] : [signed("is issued by none of the roots that it publishes")]),
    ...validateIntermediateNames(certificate, { stack, cluster, istio }),
  ];
}

/** Validates that a CA's certificate, PEM, is valid for the names that the config has for this cluster and its istiod. */
export function validateIntermediateNames(
  certificate: string,
  { stack, cluster, istio }: { stack: string } & Pick<StackConfig, "cluster" | "istio">,
): Fault[] {
  const hosts = istiodHosts(istio.values.istiod);
  return nameFaults(new X509Certificate(certificate), cluster, hosts).map(({ rule, remedy }) =>
    fault(stack, `has signed a certificate for this cluster which ${rule}`, remedy),
  );
}

function nameFaults(
  intermediate: X509Certificate,
  { name, trustDomain }: StackConfig["cluster"],
  hosts: readonly string[],
): { rule: string; remedy: string }[] {
  const permitted = permittedNames(intermediate);
  if (permitted === undefined || !permitted.trustDomains.includes(trustDomain)) {
    const remedy = `Write it there in rootAuthority.clusters.${name}.trustDomain, and run \`pulumi up\` on it`;
    return [{ rule: `is not valid for its trust domain, ${trustDomain}`, remedy }];
  }
  const strange = hosts.filter(
    (host) => !permitted.hosts.some((domain) => host === domain || isBelow(host, domain)),
  );
  return strange.map((host) => ({
    rule: `is not valid for ${host}, by which istiod is reached (istio.values.istiod): every proxy would refuse istiod`,
    remedy: `Add it there to rootAuthority.clusters.${name}.istiodHosts, and run \`pulumi up\` on it`,
  }));
}

function fault(stack: string, rule: string, remedy = "Have its team check its outputs"): Fault {
  return { path: PATH, value: stack, rule, remedy };
}
