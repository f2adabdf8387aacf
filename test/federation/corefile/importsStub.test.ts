import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { renderImportsStub } from "../../../federation/corefile/importsStub.ts";
import { neighboursIn } from "../../../federation/corefile/neighbours.ts";
import { obstacleIn } from "../../../federation/corefile/obstacle.ts";
import { parseCorefile } from "../../../federation/corefile/parse.ts";
import { placeOf, stubIn, withStub, withoutStub } from "../../../federation/corefile/place.ts";
import { surroundingsOf } from "../../../federation/corefile/surroundings.ts";
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

const BIND = "    bind 10.96.0.10 lo {\n        except 127.0.0.1\n    }\n";
/** Whose own blocks listen on few addresses, and forward to others than the node's resolvers. */
const AROUND = `.:53 {
    bind 10.96.0.10 lo {
      except 127.0.0.1
    }
    reload
    forward . 10.0.0.2 {
      max_concurrent 1000
    }
}
example.org:53 {
    bind 10.96.0.10
    forward . 10.0.0.3 # ours
}
`;

const rule = (corefile: string) => obstacleIn(corefile, IMPORTS)?.rule;

describe("The server blocks for imported names", () => {
  it("answer exactly those, for all zones at once, so that CoreDNS has one cache for them", () => {
    assert.equal(
      renderImportsStub(ZONES, 5353),
      `# BEGIN istio-federation
b.local:5353,
pay.example.org:5353 {
    errors
    cache 30 .
    hosts /dev/null . {
        240.241.0.1 bar.xyz.svc.b.local
        240.241.9.2 foo.xyz.svc.b.local
        240.241.0.4 pay.example.org
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

  it("listen and forward as the blocks around them do, one block for all zones that go the same way", () => {
    const stub = renderImportsStub(ZONES, 53, neighboursIn(AROUND, 53));
    assert.deepEqual(
      parseCorefile(stub)?.blocks.map((block) => [block.keys, surroundingsOf(block)]),
      [
        [
          ["b.local:53"],
          { bind: BIND, forward: "    forward . 10.0.0.2 {\n        max_concurrent 1000\n    }\n" },
        ],
        [["pay.example.org:53"], { bind: BIND, forward: "    forward . 10.0.0.3\n" }],
      ],
    );
    assert.equal(obstacleIn(AROUND, stub), undefined);
    const bare = stub.replace(/^#.*\n/gm, "");
    for (const text of [bare, bare.replaceAll(",\n", " ")]) {
      assert.equal(withoutStub(text + AROUND), AROUND);
      assert.equal(stubIn(text + AROUND), text);
    }
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
      BARE + COREFILE + BARE.replace("b.local:53,\n", ""),
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
      /'kubernetes' for 'a\.b\.local', which is, or lies in, 'b\.local': our server block/,
    ],
    [
      "one lies among the cluster's own names",
      "x:53 {\n    kubernetes example.org\n}\n",
      /'kubernetes' for 'example\.org', in which 'pay\.example\.org' lies: our server block/,
    ],
  ] as const) {
    it(`are kept out where ${what}`, () => {
      assert.match(rule(COREFILE + block) ?? "", obstacle);
    });
  }

  it("are kept out of a Corefile where they would listen elsewhere than its root", () => {
    assert.deepEqual(obstacleIn(AROUND, IMPORTS), {
      rule: "has a server block '.' that listens where its 'bind 10.96.0.10 lo { except 127.0.0.1 }' says, and ours would listen elsewhere: it would never be asked",
      remedy:
        "Run it again where the cluster can be read, so that ours is written like that block, or leave dns.coreDns out",
    });
    const bound = renderImportsStub(ZONES, 53, neighboursIn(AROUND, 53));
    assert.match(rule(COREFILE) ?? "nothing", /nothing/);
    assert.match(obstacleIn(COREFILE, bound)?.rule ?? "", /'\.' that listens on all addresses, and ours/);
  });

  it("say, where the cluster's own names are in the way, what does no harm to those", () => {
    assert.match(
      obstacleIn(
        "b.local {\n    errors\n}\n.:53 {\n    kubernetes svc.b.local\n}\n",
        renderImportsStub([{ name: "svc.b.local", addresses: {} }]),
      )?.remedy ?? "",
      /^Have these services called otherwise here \(peers\.<name>\.names: mesh, or another name in 'as'\), or leave/,
    );
  });

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
