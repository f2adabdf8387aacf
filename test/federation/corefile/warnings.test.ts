import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { corefileWarnings } from "../../../federation/corefile/warnings.ts";
import { BARE, COREFILE, STUB } from "./samples.ts";

describe("What is worth a warning in a Corefile", () => {
  it("is nothing in one that has the stub, or is to get it", () => {
    for (const text of [
      COREFILE,
      STUB + COREFILE,
      "a {",
      ".:53 {\n    import custom/*.override\n    forward . 10.0.0.2\n}\n",
    ])
      assert.deepEqual(corefileWarnings(text), []);
  });

  it("is what it imports, as there may be global names too", () => {
    assert.deepEqual(corefileWarnings(`${COREFILE}import custom/*.server\n`), [
      "imports 'custom/*.server', which the program does not read: a server block for 'global' there would keep CoreDNS from starting",
    ]);
  });

  it("is a block for names below those of the stub, which are then answered there", () => {
    assert.deepEqual(corefileWarnings(`${STUB}a.b, bar.global:53 {\n    reload\n}\nglobal.b {\n}\n`), [
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

  it("is that nothing tells CoreDNS of a change", () => {
    const text = COREFILE.replace("    reload\n", "");
    const warning =
      "has no plugin 'reload': CoreDNS must be restarted to see each change of our server block";
    assert.deepEqual(corefileWarnings(STUB + text), [warning]);
    assert.deepEqual(corefileWarnings(`${text}a.b {\n    hosts {\n        reload 5s\n    }\n}\n`), [warning]);
    for (const other of ["a.b {\n    reload 10s\n}\n", "a.b {\n    import more\n}\n"])
      assert.deepEqual(corefileWarnings(text + other), []);
  });

  it("is that names which we do not know are answered by other means around us", () => {
    const text = `${COREFILE}example.org:53 {\n    file db\n}\n`;
    assert.deepEqual(corefileWarnings(text, ["pay.example.org", "b.local", "shop.example.org"]), [
      "has a server block 'example.org:53', which answers other names in 'pay.example.org', 'shop.example.org' in a way that ours cannot take over: " +
        "from now on those are asked of the resolvers in CoreDNS' own /etc/resolv.conf",
    ]);
  });

  it("is that the stub has lost its markers", () => {
    assert.deepEqual(corefileWarnings(BARE + COREFILE), [
      "has our server block 'global' without the lines around it, as kubeadm's migration leaves it: 'pulumi up --refresh' puts them back",
    ]);
  });
});
