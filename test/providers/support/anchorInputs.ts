import type { AnchorRequest } from "../../../federation/trust/issueAnchors.ts";
import type { TestAuthority } from "../../support/testAuthority.ts";

/** Inputs of a `TrustAnchor` of peer cluster-b, whose trust domain is b.local. */
export function anchorInputs(own: TestAuthority, ...roots: TestAuthority[]): AnchorRequest {
  return {
    peer: "cluster-b",
    trustDomain: "b.local",
    rootCertificates: roots.map(({ pem }) => pem),
    issuerCertificate: own.pem,
    issuerKey: own.keyPem(),
  };
}
