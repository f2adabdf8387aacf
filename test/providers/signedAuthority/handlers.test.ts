import assert from "node:assert/strict";
import { provider as handlers } from "../../../providers/signedAuthority/handlers.ts";
import { SignedAuthority } from "../../../providers/signedAuthority.ts";
import { TestAuthority } from "../../support/testAuthority.ts";
import { type TestRequest, testRequest } from "../../support/testRequest.ts";
import { ProviderProcess, providerText } from "../support/providerProcess.ts";
import { signedInputs } from "../support/signedInputs.ts";

describe("A signed authority", () => {
  let root: TestAuthority;
  let request: TestRequest;

  before(async () => {
    root = await TestAuthority.root("O=shared");
    request = await testRequest("O=b.local, CN=Intermediate CA");
  });

  it("is made, kept and updated in Pulumi's own process, without the root's key in what is kept", async () => {
    const inputs = signedInputs(root, request);
    const text = await providerText(() => new SignedAuthority("signed", inputs));
    const provider = await ProviderProcess.start(text);
    try {
      const { id, outs } = await provider.create({ ...inputs });
      assert.equal(id, "cluster-b");
      assert.doesNotMatch(JSON.stringify(outs), /PRIVATE KEY|issuerKey/);
      assert.ok(!JSON.stringify(outs).includes(root.keyPem().split("\n")[1]!));
      assert.deepEqual(await provider.update(id, outs, { ...inputs }), outs);
    } finally {
      await provider.stop();
    }
  });

  it("is read as it is and deleted without a key", async () => {
    const { id, outs } = await handlers.create(signedInputs(root, request));
    assert.deepEqual(await handlers.read(id, outs!), { id, props: outs });
    assert.deepEqual(await handlers.diff(id, outs!, signedInputs(root, request)), { changes: false });
    await handlers.delete();
  });

  it("says why there is none, without the key", async () => {
    const noRoom = await TestAuthority.root("O=shared", { pathLength: 0 });
    await assert.rejects(
      handlers.create(signedInputs(noRoom, request)),
      /^Error: no certificate for cluster cluster-b: the shared root may issue no CA's certificate/,
    );
    const inputs = { ...signedInputs(root, request), issuerKey: root.keyPem().slice(0, 100) };
    await assert.rejects(handlers.create(inputs), (error: Error) => {
      assert.match(error.message, /the shared root has no key that it can sign with$/);
      assert.ok(!String(error.stack).includes(root.keyPem().slice(40, 80)));
      return true;
    });
  });
});
