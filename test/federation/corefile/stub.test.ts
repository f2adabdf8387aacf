import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { renderStub } from "../../../federation/corefile/stub.ts";
import { STUB } from "./samples.ts";

describe("The server block for global names", () => {
  it("answers global names with the one address, and no other kind of question about them", () => {
    assert.equal(
      STUB,
      `# BEGIN istio-federation
global:53 {
    errors
    cache 30
    template IN A global {
        match ^[^.]+\\.[^.]+\\.global\\.$
        answer {{.Name}}{{"\\t30\\tIN\\tA\\t10.96.0.77"}}
        fallthrough
    }
    template IN ANY global {
        match ^[^.]+\\.[^.]+\\.global\\.$
        rcode NOERROR
        fallthrough
    }
    forward . /etc/resolv.conf
}
# END istio-federation
`,
    );
  });

  it("listens where CoreDNS does, and knows both families", () => {
    const stub = renderStub("2001:db8::1", 5353);
    assert.match(stub, /^global:5353 \{$/m);
    assert.match(
      stub,
      /IN AAAA global \{[^}]*answer \{\{\.Name\}\}\{\{"\\t30\\tIN\\tAAAA\\t2001:db8::1"\}\}/,
    );
  });

  it("needs no quotes, which not everything that rewrites a Corefile keeps", () => {
    for (const line of STUB.split("\n")) assert.doesNotMatch(line, /(^|\s)"/);
  });
});
