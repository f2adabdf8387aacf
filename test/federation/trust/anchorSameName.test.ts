import assert from "node:assert/strict";
import { type KeyObject, X509Certificate, randomBytes } from "node:crypto";
import { issueAnchors } from "../../../federation/trust/issueAnchors.ts";
import { TestAuthority } from "../../support/testAuthority.ts";
import { anchorInputs } from "../../providers/support/authorityInputs.ts";
import { verifyByNode } from "../../providers/support/nodeVerifier.ts";
import { type Chain, Verifiers, orSkip } from "../../providers/support/verifiers.ts";

const NAME = "O=b.local, CN=Root CA";

type AsyncVerify = (chain: Chain, key: string) => string | Promise<string>;

/** A verifier, found when the tests run. */
interface Verifier {
  find: () => AsyncVerify | undefined | Promise<AsyncVerify | undefined>;
  /** True if it tries each issuer with a subject, not only the first. */
  triesAll: boolean;
}

const verifiers = new Verifiers();
after(() => {
  verifiers.remove();
});

const WAYS: Record<string, Verifier> = {
  "openssl verify": { find: () => verifiers.openssl(), triesAll: false },
  "openssl verify -partial_chain": { find: () => verifiers.openssl("-partial_chain"), triesAll: false },
  Go: { find: () => verifiers.go(), triesAll: true },
  Node: { find: () => verifyByNode, triesAll: false },
};

for (const [way, { find, triesAll }] of Object.entries(WAYS)) {
  describe(`${way}: a peer's root renewed with the same subject`, () => {
    let verify: AsyncVerify;
    let own: TestAuthority;
    let roots: TestAuthority[];
    let anchors: string[];

    before(async function () {
      // Go compiles its program, and its library when it has not done so before.
      this.timeout(180_000);
      verify = orSkip<AsyncVerify>(await find(), way, this);
      own = await TestAuthority.root("O=a.local, CN=Root CA");
      roots = [await TestAuthority.root(NAME), await TestAuthority.root(NAME)];
      anchors = issueAnchors(anchorInputs(own, ...roots), undefined, new Date(), randomBytes).certificates;
    });

    /** Verifies a workload of each root, with the anchors trusted in this order. */
    async function verifyWorkloads(trusted: readonly string[], unidentified: boolean): Promise<string[]> {
      const verified = roots.map(async (root) => {
        const intermediate = await root.intermediate("O=b.local, CN=Intermediate CA", { unidentified });
        const { leaf, key } = await intermediate.workload([
          { type: "url", value: "spiffe://b.local/ns/xyz/sa/bar" },
        ]);
        return verify({ trusted: [own.pem, ...trusted], untrusted: [intermediate.pem], leaf }, key);
      });
      return Promise.all(verified);
    }

    it("has an anchor beside the former root's, and chains to each verify in either order", async () => {
      assert.equal(anchors.length, 2);
      for (const order of [anchors, anchors.toReversed()])
        assert.deepEqual(await verifyWorkloads(order, false), ["ok", "ok"]);
    });

    const outcome = triesAll
      ? "chains to each are valid all the same"
      : "only chains to the first anchor are valid";
    it(`when intermediates carry no authority key identifier, ${outcome}`, async () => {
      for (const order of [anchors, anchors.toReversed()]) {
        const verified = (await verifyWorkloads(order, true)).map((answer) => answer === "ok");
        const isFirst = (root: TestAuthority) => keyOf(root.pem).equals(keyOf(order[0]!));
        assert.deepEqual(
          verified,
          roots.map((root) => triesAll || isFirst(root)),
        );
      }
    });
  });
}

function keyOf(pem: string): KeyObject {
  return new X509Certificate(pem).publicKey;
}
