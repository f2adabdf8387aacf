import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { renderImportsStub } from "../../../federation/corefile/importsStub.ts";
import { obstacleIn } from "../../../federation/corefile/obstacle.ts";
import { placeOf, stubIn, withStub, withoutStub } from "../../../federation/corefile/place.ts";
import { corefileWarnings } from "../../../federation/corefile/warnings.ts";
import { COREFILE, STUB } from "./samples.ts";

const ZONES = [
  {
    name: "b.local",
    addresses: { "bar.xyz.svc.b.local": "240.241.0.1", "foo.xyz.svc.b.local": "240.241.9.2" },
  },
  { name: "pay.example.org", addresses: { "pay.example.org": "240.241.0.4" } },
];
const IMPORTS = renderImportsStub(ZONES);
/** As kubeadm's migration leaves them: comments and empty lines go. */
const BARE = IMPORTS.replace(/^#.*\n/gm, "");

const rule = (corefile: string) => obstacleIn(corefile, IMPORTS)?.rule;

describe("The server blocks for imported names", () => {
  it("answer exactly those, by zone", () => {
    assert.equal(
      renderImportsStub(ZONES.slice(0, 1), 5353),
      `# BEGIN istio-federation
b.local:5353 {
    errors
    cache 30
    hosts /dev/null {
        240.241.0.1 bar.xyz.svc.b.local
        240.241.9.2 foo.xyz.svc.b.local
        0.0.0.0 imports.istio-federation.invalid
        ttl 30
        no_reverse
        reload 0s
        fallthrough
    }
    forward . /etc/resolv.conf
}
# END istio-federation
`,
    );
  });

  it("come, are replaced and go without a trace", () => {
    const corefile = withStub(COREFILE, IMPORTS);
    assert.equal(stubIn(corefile), IMPORTS);
    assert.equal(withoutStub(corefile), COREFILE);
    assert.equal(
      withStub(corefile, renderImportsStub(ZONES.slice(1))),
      renderImportsStub(ZONES.slice(1)) + COREFILE,
    );
    assert.equal(rule(corefile), undefined);
    assert.deepEqual(corefileWarnings(corefile, ["b.local"]), []);
  });

  it("are known without their markers", () => {
    for (const corefile of [BARE + COREFILE, COREFILE + BARE]) {
      assert.equal(stubIn(corefile), BARE);
      assert.equal(withoutStub(corefile), COREFILE);
      assert.deepEqual(placeOf(corefile), {
        begin: corefile.indexOf("b.local:53"),
        end: corefile.indexOf("b.local:53") + BARE.length,
        marked: false,
      });
      assert.match(
        corefileWarnings(corefile, ["b.local"])[0] ?? "",
        /our server block 'b\.local' without the lines/,
      );
    }
  });

  for (const [what, corefile, shown] of [
    ["one of them was changed", BARE.replace("cache 30", "cache 5"), /'b\.local', but changed and without/],
    ["one of them is there twice", BARE + BARE, /'b\.local' twice/],
    ["one with markers is there again", IMPORTS + BARE, /'b\.local' twice/],
    [
      "another stands between them",
      BARE.replace("pay.example.org:53", `${COREFILE}pay.example.org:53`),
      /something else between/,
    ],
    [
      "their braces do not match",
      BARE.replace("    }\n", ""),
      /blocks of imported names in braces that do not match/,
    ],
    [
      "a stranger is between the markers",
      IMPORTS.replace("# END", "x.y:53 {\n}\n# END"),
      /'x\.y:53', which is not ours/,
    ],
  ] as const) {
    it(`stay where nobody can tell which lines are ours, because ${what}`, () => {
      assert.match(stubIn(corefile + COREFILE) ?? "", shown);
      assert.equal(withoutStub(corefile + COREFILE), corefile + COREFILE);
    });
  }

  for (const [what, block, obstacle] of [
    ["somebody else answers for a zone", "b.local {\n}\n", /'b\.local' that somebody else wrote/],
    ["a variable may be one", "{$PEER}.local:53 {\n}\n", /may make one for 'b\.local'/],
    [
      "the cluster's own names lie in one",
      "x:53 {\n    kubernetes a.b.local\n}\n",
      /'kubernetes' for 'a\.b\.local'/,
    ],
  ] as const) {
    it(`are kept out where ${what}`, () => {
      assert.match(rule(COREFILE + block) ?? "", obstacle);
    });
  }

  it("take the place of the one for global names, and give it back", () => {
    assert.equal(withStub(STUB + COREFILE, IMPORTS), IMPORTS + COREFILE);
    assert.equal(withStub(IMPORTS + COREFILE, STUB), STUB + COREFILE);
  });

  it("are read in no time with ten thousand names", () => {
    const many = Array.from({ length: 10_000 }, (_, index) => [
      `shop-${index}.team.svc.c.local`,
      `240.241.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    ]);
    const zone = { name: "c.local", addresses: Object.fromEntries(many) as Record<string, string> };
    const corefile = renderImportsStub([zone]).replace(/^#.*\n/gm, "") + COREFILE;
    const start = performance.now();
    assert.equal(withoutStub(corefile), COREFILE);
    assert.ok(performance.now() - start < 2000);
  });
});
