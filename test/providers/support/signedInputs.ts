import type { IntermediateRequest } from "../../../federation/authority/signRequest.ts";
import type { TestAuthority } from "../../support/testAuthority.ts";

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
