import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { nodeLocalWarnings } from "../../../federation/corefile/nodeLocal.ts";

/** As the manifest of Kubernetes has it, but shorter. */
const STOCK = `cluster.local:53 {
    forward . __PILLAR__CLUSTER__DNS__ {
        force_tcp
    }
}
in-addr.arpa:53 {
    forward . __PILLAR__CLUSTER__DNS__
}
.:53 {
    forward . __PILLAR__UPSTREAM__SERVERS__
}
`;

describe("NodeLocal DNSCache beside our server blocks", () => {
  it("keeps imported names from CoreDNS unless its own blocks lead there", () => {
    const [warning, ...others] = nodeLocalWarnings(STOCK, ["pay.example.org", "svc.b.local", "svc.c.local"]);
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^has no server block for 'pay\.example\.org' and 2 more: Pods that ask NodeLocal/,
    );
    const mended = `${STOCK}svc.b.local:53 example.org:53 {\n}\n`;
    assert.deepEqual(nodeLocalWarnings(mended, ["pay.example.org", "svc.b.local"]), []);
    assert.match(nodeLocalWarnings(mended, ["svc.c.local"])[0] ?? "", /for 'svc\.c\.local': Pods/);
  });

  it("is told of also where nobody can read it", () => {
    assert.equal(nodeLocalWarnings("a {", ["svc.b.local"]).length, 1);
  });
});
