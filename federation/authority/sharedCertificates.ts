import { X509Certificate } from "node:crypto";
import type { StackConfig } from "../config/stackConfig.ts";
import { type Fault, settingCommand } from "../core/fault.ts";
import { revisionsOf } from "../core/revision.ts";
import { authorityFaults, placeFaults } from "../x509/authority.ts";
import { canonicalCertificate, fingerprintOf } from "../x509/certificate.ts";
import { type ChainFault, chainFaults, isConstrained, nameFaults } from "../x509/chain.ts";
import { rootFaults } from "../x509/root.ts";
import { isIssuedBy } from "../x509/signature.ts";
import { istiodNames } from "./istiodHosts.ts";

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
  return [...placeFaults(root, 1, now), ...rootFaults(root)];
}

/** Config of the cluster that an intermediate is for, and the stack that signed it. */
type Certified = { stack: string } & Pick<StackConfig, "cluster" | "istio">;

/** Validates that istiod may sign with an intermediate, and that it is valid for this cluster's names. */
export function validateIntermediate(
  { certificate, rootCertificates }: { certificate: string; rootCertificates: readonly string[] },
  certified: Certified,
  now: Date,
): Fault[] {
  const { stack } = certified;
  if (canonicalCertificate(certificate) === undefined) {
    const rule =
      "has published no valid certificate for this cluster, which must be one PEM certificate of a CA that may sign certificates";
    return [fault(stack, rule)];
  }
  const intermediate = new X509Certificate(certificate);
  const index = rootCertificates.findIndex(
    (pem) => canonicalCertificate(pem) !== undefined && isIssuedBy(intermediate, new X509Certificate(pem)),
  );
  const pem = rootCertificates[index];
  if (pem === undefined)
    return [
      ...[...authorityFaults(intermediate, false), ...placeFaults(intermediate, 0, now)].map((rule) =>
        fault(stack, `${SIGNED} ${rule}`),
      ),
      fault(stack, `${SIGNED} is issued by none of the roots that it publishes`),
      ...validateIntermediateNames(certificate, certified),
    ];
  const known = sharedRootRules(pem, now);
  return [
    ...chainFaults([intermediate, new X509Certificate(pem)], namesOf(certified), now).flatMap((found) => {
      if (found.index === 0) return intermediateFaults(found, certified);
      const which = `publishes a root (${index + 1} of ${rootCertificates.length}) which`;
      return known.includes(found.rule) ? [] : [fault(stack, `${which} ${found.rule}`)];
    }),
    ...constraintFaults(intermediate, certified),
  ];
}

const SIGNED = "has signed a certificate for this cluster which";

/** Validates that a CA's certificate, PEM, is valid for the names that the config has for this cluster and its istiod. */
export function validateIntermediateNames(certificate: string, certified: Certified): Fault[] {
  const intermediate = new X509Certificate(certificate);
  return [
    ...nameFaults([intermediate], namesOf(certified)).flatMap((found) =>
      intermediateFaults(found, certified),
    ),
    ...constraintFaults(intermediate, certified),
  ];
}

function namesOf({ cluster, istio }: Certified) {
  return { trustDomain: cluster.trustDomain, hosts: istiodNames(revisionsOf(istio)) };
}

/** Peers under the same root trust the intermediate as the root's stack has constrained it. */
function constraintFaults(intermediate: X509Certificate, { stack, cluster }: Certified): Fault[] {
  if (isConstrained(intermediate)) return [];
  const rule = `${SIGNED} is not valid for its trust domain alone, ${cluster.trustDomain}`;
  return [fault(stack, rule, "Have it constrained to that trust domain: run `pulumi up` on it")];
}

function intermediateFaults({ rule, refused }: ChainFault, { stack, cluster }: Certified): Fault[] {
  const { name, trustDomain } = cluster;
  if (refused.length === 0) return [fault(stack, `${SIGNED} ${rule}`)];
  return refused.map(({ kind, text: host }) => {
    const [broken, field] =
      kind === "uri"
        ? [`is not valid for its trust domain, ${trustDomain}`, "trustDomain"]
        : [
            `is not valid for ${host}, by which istiod is reached: every proxy would refuse istiod`,
            "istiodHosts",
          ];
    const remedy = `Write it there in rootAuthority.clusters.${name}.${field}, and run \`pulumi up\` on it`;
    return fault(stack, `${SIGNED} ${broken}`, remedy);
  });
}

function fault(stack: string, rule: string, remedy = "Have its team check its outputs"): Fault {
  return { path: PATH, value: stack, rule, remedy };
}
