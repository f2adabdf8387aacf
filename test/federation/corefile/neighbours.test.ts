import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { neighboursIn } from "../../../federation/corefile/neighbours.ts";
import { COREFILE, STUB } from "./samples.ts";

const RESOLV = "    forward . /etc/resolv.conf\n";
const root = (inside: string) => `.:53 {\n${inside}\n}\n`;
const around = (corefile: string, zone = "svc.b.local", port = 53) => neighboursIn(corefile, port)(zone);

describe("What a server block of ours has of those around it", () => {
  it("is how kubeadm's root block forwards, with its options, on all addresses", () => {
    const forward = "    forward . /etc/resolv.conf {\n        max_concurrent 1000\n    }\n";
    for (const text of [COREFILE, STUB + COREFILE]) assert.deepEqual(around(text), { bind: "", forward });
  });

  it("is what the block of the longest zone says, on our port", () => {
    const text =
      root("    forward . 10.0.0.1") +
      "b.local {\n    forward . 10.0.0.2\n}\nlocal {\n    forward . 10.0.0.3\n}\nsvc.b.local:5353 tls://svc.b.local {\n    forward . 10.0.0.4\n}\n";
    assert.equal(around(text).forward, "    forward . 10.0.0.2\n");
    assert.equal(around(text, "c.local").forward, "    forward . 10.0.0.3\n");
    assert.equal(around(text, "xb.org").forward, "    forward . 10.0.0.1\n");
  });

  it("is the one line that speaks of the zone, of several", () => {
    const text = root(
      "    forward x.org 10.0.0.1\n    forward b.local. tls://10.0.0.2 {\n        tls_servername a.b\n    }",
    );
    assert.equal(
      around(text).forward,
      "    forward b.local. tls://10.0.0.2 {\n        tls_servername a.b\n    }\n",
    );
  });

  for (const [what, text] of [
    ["two such lines", root("    forward . 10.0.0.1\n    forward b.local 10.0.0.2")],
    ["words with quotes", root('    forward . "10.0.0.1 x"')],
    ["what is imported", root("    import forwards")],
    ["no such line, for some zone", `${root("    forward . 10.0.0.1")}b.local:53 {\n    file db\n}\n`],
  ] as const) {
    it(`cannot be read from ${what}`, () => {
      const { forward, unlike } = around(text);
      assert.equal(forward, RESOLV);
      assert.match(unlike ?? "", /^(\.|b\.local):53$/);
    });
  }

  it("is nothing where nobody answered, or nobody can read it", () => {
    for (const text of [
      "",
      "a {",
      root("    errors"),
      "a.b {\n    file db\n}\n",
      ".:5353 {\n    bind lo\n}\n",
    ])
      assert.deepEqual(around(text), { bind: "", forward: RESOLV });
  });

  it("is where all root blocks listen, on our port", () => {
    const text = `${root("    bind 10.0.0.1 {$ADDRESS}")}${root("    bind lo")}.:5353 {\n    bind eth0\n}\nx.y {\n    bind 10.0.0.9\n}\n`;
    assert.equal(around(text).bind, "    bind 10.0.0.1 {$ADDRESS}\n    bind lo\n");
    assert.equal(around(text, "x", 5353).bind, "    bind eth0\n");
    assert.equal(around(text + root("    errors")).bind, "");
  });
});
