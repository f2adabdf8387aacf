import type { X509Certificate } from "node:crypto";
import type { ProvidedPems } from "../config/certificateAuthority.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { firstNames } from "../core/text.ts";
import { leavesRoomForAnchors } from "../x509/authority.ts";
import { certificateTexts, fingerprintOf, parseCertificate } from "../x509/certificate.ts";
import { chainFaults } from "../x509/chain.ts";
import { parsePrivateKey } from "../x509/keys.ts";
import type { ProvidedAuthority } from "./provided.ts";
import {
  REPLACE,
  WITHOUT_ROOT_KEY,
  noRoomFault,
  providedCertificateFault,
  providedFault,
  providedKeyFaults,
  toPkcs8,
} from "./providedFaults.ts";

/**
 * Validates a root of an existing mesh that is given with its key, to sign trust anchors and the contract's signer. Of several roots that of
 * the key is used.
 * @param meshRoots PEM, as OpenSSL writes it.
 * @param trustDomain of the mesh.
 */
export function validateMeshRoot(
  { root: text, rootKey }: Pick<ProvidedPems, "root" | "rootKey">,
  meshRoots: readonly string[],
  trustDomain: string,
  now: Date,
): { issuer: ProvidedAuthority["issuer"] } | { faults: Fault[] } {
  const texts = certificateTexts(text);
  if (texts.length === 0)
    return {
      faults: [providedFault("root", "must be one or more certificates in PEM", "Give the root of the mesh")],
    };
  const roots = texts.map((pem) => parseCertificate(pem));
  const unreadable = roots.flatMap((root, index) =>
    root === undefined
      ? [providedFault(pathOf("root", index), "cannot be read as an X.509 certificate", REPLACE)]
      : [],
  );
  const found = roots.filter((root) => root !== undefined);
  // A missing key is a fault of the config.
  const key = rootKey === undefined ? undefined : parsePrivateKey(rootKey);
  const keyFaults = rootKey === undefined ? [] : providedKeyFaults("rootKey", key, found);
  const fit = key === undefined ? found : found.filter((root) => root.checkPrivateKey(key));
  const ofMesh = fit.find((root) => meshRoots.includes(root.toString()));
  const foreign = fit.length > 0 && ofMesh === undefined ? [foreignRoot(fit, meshRoots)] : [];
  const faults = [
    ...unreadable,
    ...keyFaults,
    ...foreign,
    ...(ofMesh === undefined ? [] : issuerFaults(ofMesh, trustDomain, now)),
  ];
  if (ofMesh === undefined || key === undefined || faults.length > 0) return { faults };
  return { issuer: { certificate: ofMesh.toString(), key: toPkcs8(key) } };
}

function issuerFaults(root: X509Certificate, trustDomain: string, now: Date): Fault[] {
  return [
    ...chainFaults([root], { trustDomain, hosts: [] }, now).map(({ rule }) =>
      providedCertificateFault("root", root, rule),
    ),
    ...(leavesRoomForAnchors(root) ? [] : [noRoomFault(WITHOUT_ROOT_KEY.existing)]),
  ];
}

function foreignRoot(roots: readonly X509Certificate[], meshRoots: readonly string[]): Fault {
  const given = firstNames(roots.map(({ fingerprint256 }) => fingerprint256));
  const there = firstNames(meshRoots.map(fingerprintOf));
  return providedFault(
    "root",
    `has SHA-256 ${given}, which is no root of the mesh: ConfigMap istio-ca-root-cert has ${there}`,
    `Give the root that istiod's certificate is under. ${WITHOUT_ROOT_KEY.existing}, if its key is not at hand`,
  );
}
