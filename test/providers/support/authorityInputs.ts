import type { AnchorRequest } from "../../../federation/trust/issueAnchors.ts";
import type { TestAuthority } from "../../support/testAuthority.ts";
import type { IntermediateRequest } from "../../../federation/authority/signRequest.ts";

/** Inputs of a `TrustAnchor` of peer cluster-b, whose trust domain is b.local. */
export function anchorInputs(own: TestAuthority, ...roots: TestAuthority[]): AnchorRequest {
  return {
    peer: "cluster-b",
    trustDomain: "b.local",
    scope: "only",
    rootCertificates: roots.map(({ pem }) => pem),
    issuerCertificate: own.pem,
    issuerKey: own.keyPem(),
  };
}

/** Inputs of a `SignedAuthority` of cluster-b, whose trust domain is b.local. */
export function signedInputs(root: TestAuthority, { pem }: { pem: string }): IntermediateRequest {
  return {
    cluster: "cluster-b",
    trustDomain: "b.local",
    istiodHosts: [],
    request: pem,
    issuerCertificate: root.pem,
    issuerKey: root.keyPem(),
  };
}
