import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { issueAnchors } from "../../../federation/trust/issueAnchors.ts";
import { anchorInputs } from "../../providers/support/authorityInputs.ts";
import { type Verify, Verifiers, orSkip } from "../../providers/support/verifiers.ts";
import { type SubjectAltNames, TestAuthority } from "../../support/testAuthority.ts";

const id = (trustDomain: string): SubjectAltNames => [
  { type: "url", value: `spiffe://${trustDomain}/ns/xyz/sa/bar` },
];

const verifiers = new Verifiers();
after(() => {
  verifiers.remove();
});

/** The verifiers of Envoy (OpenSSL's rules) and istiod. */
const VERIFIERS: Record<string, () => Verify | undefined | Promise<Verify | undefined>> = {
  "openssl verify": () => verifiers.openssl(),
  Go: () => verifiers.go(),
};

for (const [name, find] of Object.entries(VERIFIERS)) {
  describe(`${name}: a federation root beside the mesh's own root`, () => {
    let verify: Verify;
    let key: TestAuthority;
    let mesh: TestAuthority;
    let peer: TestAuthority;
    let peerCa: TestAuthority;
    let trusted: string[];

    before(async function () {
      // Go compiles its program, and its library when it has not done so before.
      this.timeout(180_000);
      verify = orSkip(await find(), name, this);
      mesh = await TestAuthority.root("O=a.local");
      // Has the name and the key of the federation root, so what it signs is signed by that root.
      key = await TestAuthority.root("O=a.local, CN=Federation Root");
      peer = await TestAuthority.root("O=b.local");
      peerCa = await peer.intermediate("O=b.local, CN=Intermediate CA", { pathLength: 0 });
      const issue = (request: Parameters<typeof issueAnchors>[0]): string =>
        issueAnchors(request, undefined, new Date(), randomBytes).certificates[0] ?? "";
      const root = issue({ ...anchorInputs(key, key), trustDomain: "a.local", scope: "allBut" });
      const anchor = issue({ ...anchorInputs(key, peer), issuerCertificate: root });
      trusted = [mesh.pem, root, anchor];
    });

    const verifyLeaf = async (issuer: TestAuthority, trustDomain: string, ...untrusted: string[]) =>
      verify({ trusted, untrusted, leaf: await issuer.leaf(id(trustDomain)) });
    const OK = /^ok$/;
    const REFUSED = /excluded subtree violation|is excluded by constraint|permitted/;

    it("lets a peer's CA be the peer, and nobody else", async () => {
      const sent = [peerCa.pem, peer.pem];
      assert.match(await verifyLeaf(peerCa, "b.local", ...sent), OK);
      assert.match(await verifyLeaf(peerCa, "a.local", ...sent), REFUSED);
      assert.match(await verifyLeaf(peerCa, "c.local", ...sent), REFUSED);
    });

    it("leaves our own workloads to the mesh's root", async () => {
      assert.match(await verifyLeaf(mesh, "a.local"), OK);
    });

    it("cannot be one of us with its key, not even by another CA", async () => {
      assert.match(await verifyLeaf(key, "a.local"), REFUSED);
      const ca = await key.intermediate("O=a.local, CN=Intermediate CA");
      assert.match(await verifyLeaf(ca, "a.local", ca.pem), REFUSED);
      assert.match(await verifyLeaf(ca, "b.local", ca.pem), OK);
    });

    it("signs no host names", async () => {
      const leaf = await key.leaf([{ type: "dns", value: "istiod.istio-system.svc" }]);
      assert.match(verify({ trusted, untrusted: [], leaf }), REFUSED);
    });
  });
}
