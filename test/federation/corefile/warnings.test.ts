import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { corefileWarnings } from "../../../federation/corefile/warnings.ts";
import { BARE, COREFILE, STUB } from "./samples.ts";

describe("What is worth a warning in a Corefile", () => {
  it("is nothing in one that has the stub, or is to get it", () => {
    for (const text of [COREFILE, STUB + COREFILE, "a {", ".:53 {\n    import custom/*.override\n}\n"])
      assert.deepEqual(corefileWarnings(text), []);
  });

  it("is what it imports, as there may be global names too", () => {
    assert.deepEqual(corefileWarnings(`${COREFILE}import custom/*.server\n`), [
      "imports 'custom/*.server', which the program does not read: a server block for 'global' there would keep CoreDNS from starting",
    ]);
  });

  it("is a block for names below those of the stub, which are then answered there", () => {
    assert.deepEqual(corefileWarnings(`${STUB}a.b, bar.global:53 {\n}\nglobal.b {\n}\n`), [
      "has a server block 'bar.global:53', which answers in place of ours for what lies below it",
    ]);
  });

  it("is not what our own older block has, and goes by the zones of the new one", () => {
    const text = `${COREFILE}import custom/*.server\na.b.local:53 {\n}\nb.local.x {\n}\nx.global {\n}\n`;
    assert.deepEqual(corefileWarnings(STUB + text, ["b.local", "c.local", "d.local", "e.local"]), [
      "imports 'custom/*.server', which the program does not read: a server block for 'b.local', 'c.local', 'd.local' there would keep CoreDNS from starting",
      "has a server block 'a.b.local:53', which answers in place of ours for what lies below it",
    ]);
  });

  it("is that the stub has lost its markers", () => {
    assert.deepEqual(corefileWarnings(BARE + COREFILE), [
      "has our server block 'global' without the lines around it, as kubeadm's migration leaves it: 'pulumi up --refresh' puts them back",
    ]);
  });
});
