import assert from "node:assert/strict";
import { provider as handlers } from "../../../providers/trustAnchor/handlers.ts";
import { TrustAnchor } from "../../../providers/trustAnchor.ts";
import { anchorInputs } from "../support/anchorInputs.ts";
import { ProviderProcess, providerText } from "../support/providerProcess.ts";
import { type KeyKind, TestAuthority } from "../../support/testAuthority.ts";

/** What a key looks like in PEM, and the inputs' name for it. */
const KEY = /PRIVATE KEY|issuerKey/;

for (const kind of ["P-256", "RSA"] satisfies KeyKind[]) {
  describe(`A trust anchor under a key ${kind}`, () => {
    let own: TestAuthority;
    let peer: TestAuthority;

    before(async () => {
      own = await TestAuthority.root("O=a.local", { kind });
      peer = await TestAuthority.root("O=b.local");
    });

    it("is made, read and updated in Pulumi's own process, without its key in what is kept", async () => {
      const inputs = anchorInputs(own, peer);
      const provider = await ProviderProcess.start(
        await providerText(() => new TrustAnchor("anchor", inputs)),
      );
      try {
        const { id, outs } = await provider.create({ ...inputs });
        assert.equal(id, "cluster-b");
        assert.doesNotMatch(JSON.stringify(outs), KEY);
        const secret = own.keyPem().split("\n")[1]!;
        assert.ok(!JSON.stringify(outs).includes(secret));
        assert.deepEqual(Object.keys(outs).sort(), [
          "certificates",
          "format",
          "issuerFingerprint",
          "rootFingerprints",
          "trustDomain",
        ]);
        const updated = await provider.update(id, outs, { ...inputs });
        assert.deepEqual(updated, outs);
      } finally {
        await provider.stop();
      }
    });

    it("is read as it is and deleted without a key", async () => {
      const { id, outs } = await handlers.create(anchorInputs(own, peer));
      assert.deepEqual(await handlers.read(id, outs!), { id, props: outs });
      await handlers.delete();
    });

    it("says why there is none, without the key", async () => {
      const inputs = anchorInputs(await TestAuthority.root("O=a.local", { kind, pathLength: 0 }), peer);
      await assert.rejects(handlers.create(inputs), (error: Error) => {
        assert.match(
          error.message,
          /^no trust anchor for peer cluster-b: our own root may issue no CA's certificate/,
        );
        return true;
      });
      const broken = { ...inputs, issuerKey: inputs.issuerKey.slice(0, 200) };
      await assert.rejects(handlers.create(broken), (error: Error) => {
        assert.match(error.message, /our own root has no key that it can sign with$/);
        assert.ok(!String(error.stack).includes(inputs.issuerKey.slice(40, 80)));
        return true;
      });
    });
  });
}
