import assert from "node:assert/strict";
import fc from "fast-check";
import {
  corefileWarnings,
  globalBlockIn,
  obstacleIn,
  renderGlobalBlock,
  rootDirectives,
  unclearIn,
  withGlobalBlock,
} from "../../../federation/topology/globalBlock.ts";

/** The Corefile that kubeadm writes. */
const COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure # global:53 {
       fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    template IN A example.org {
       answer "{{ .Name }} 60 IN A 192.0.2.1"
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

const BLOCK = renderGlobalBlock("10.96.0.77");

/** The block without its markers. */
const BARE = BLOCK.replace(/^#.*\n/gm, "");

const withoutBlock = (corefile: string) => withGlobalBlock(corefile, "");

describe("The CoreDNS server block for .global names", () => {
  it("answers A queries of .global names with the address, and no other types", () => {
    assert.equal(
      BLOCK,
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

  it("has CoreDNS' bind directive, and answers IPv4 and IPv6", () => {
    const stub = renderGlobalBlock("2001:db8::1", 5353);
    assert.match(stub, /^global:5353 \{$/m);
    assert.match(
      stub,
      /IN AAAA global \{[^}]*answer \{\{\.Name\}\}\{\{"\\t30\\tIN\\tAAAA\\t2001:db8::1"\}\}/,
    );
  });

  it("contains no quotes", () => {
    for (const line of BLOCK.split("\n")) assert.doesNotMatch(line, /(^|\s)"/);
  });
});

const [BEGIN, END] = ["# BEGIN istio-federation", "# END istio-federation"];

describe("The server block in a Corefile", () => {
  it("is added and removed without a trace in any Corefile", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(fc.constantFrom("a {", "}", " ", "# BEGIN", "# x", '"', "\\"))
        .map((lines) => lines.join("\n")),
      fc.constantFrom(COREFILE, COREFILE.trimEnd(), ""),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const changed = withGlobalBlock(text, BLOCK);
        assert.ok(changed.endsWith(text));
        assert.equal(globalBlockIn(changed), BLOCK);
        assert.equal(withoutBlock(changed), text);
        assert.equal(withGlobalBlock(changed, BLOCK), changed);
      }),
    );
  });

  it("is replaced in place when it changes or was edited", () => {
    const moved = `${COREFILE}${BLOCK.replace("cache 30", "cache 5")}other.example {\n}\n`;
    const other = renderGlobalBlock("10.96.0.78");
    assert.equal(withGlobalBlock(moved, other), `${COREFILE}${other}other.example {\n}\n`);
    assert.equal(withoutBlock(moved), `${COREFILE}other.example {\n}\n`);
  });

  it("is not found in a Corefile without it", () => {
    assert.equal(globalBlockIn(COREFILE), undefined);
    assert.equal(withoutBlock(COREFILE), COREFILE);
    assert.equal(globalBlockIn(`global:53 {\n}\n${COREFILE}`), undefined);
  });

  for (const [what, before, stub, after] of [
    ["has whitespace after its markers", "", BLOCK.replace(/^#.*$/gm, "$& \t"), COREFILE],
    ["has whitespace before its markers", COREFILE, BLOCK.replace(/^#/gm, "  #"), ""],
    ["has Windows line endings", "", BLOCK.replaceAll("\n", "\r\n"), COREFILE.replaceAll("\n", "\r\n")],
    ["ends the file without a line ending", COREFILE, BLOCK.trimEnd(), ""],
    ["has lost its markers", `${COREFILE}\n`, BARE, "\nother.example {\n}\n"],
    ["has lost its markers and its line ending", COREFILE, BARE.trimEnd(), ""],
    [
      "was written by kubeadm's migration, to another address",
      "",
      renderGlobalBlock("2001:db8::1", 5353).replace(/^#.*\n/gm, ""),
      COREFILE,
    ],
  ] as const) {
    it(`is found, replaced and removed when it ${what}`, () => {
      const corefile = before + stub + after;
      assert.equal(globalBlockIn(corefile), stub);
      assert.equal(withGlobalBlock(corefile, BLOCK), before + BLOCK + after);
      assert.equal(withoutBlock(corefile), before + after);
    });
  }

  it("keeps a comment after its last brace", () => {
    assert.equal(withoutBlock(`${BARE.trimEnd()} # theirs\n${COREFILE}`), ` # theirs\n${COREFILE}`);
  });

  for (const [what, corefile, shown] of [
    [
      "only its first marker is left",
      COREFILE + BLOCK.replace(`${END}\n`, ""),
      /has the lines '.*' not once each/,
    ],
    [
      "only its last marker is left",
      COREFILE + BLOCK.replace(`${BEGIN}\n`, ""),
      /has the lines '.*' not once each/,
    ],
    ["it is there twice, with markers", BLOCK + BLOCK, /has the lines '.*' not once each/],
    ["it is there twice, once without markers", BLOCK + BARE, /has our server block 'global' twice/],
    ["it is there twice, without markers", BARE + BARE, /has our server block 'global' twice/],
    [
      "it was changed and its markers were removed",
      COREFILE + BARE.replace("cache 30", "cache 5"),
      /has our server block 'global', but changed and without the lines/,
    ],
    [
      "another owner's block is between its markers",
      BLOCK.replace(END, `${COREFILE}${END}`),
      /has the server block '\.:53', which is not ours, between the lines/,
    ],
    [
      "an import is between its markers",
      BLOCK.replace(END, `import x\n${END}`),
      /has 'import x', which is not ours/,
    ],
    [
      "a marker is inside the block",
      BLOCK.replace(`${END}\n`, "").replace("    forward", `${END}\n    forward`),
      /has no whole server block between the lines/,
    ],
    [
      "braces around it do not match",
      `a {\n${BARE}`,
      /has our server block 'global' in braces that do not match/,
    ],
  ] as const) {
    it(`is reported as unrecognizable when ${what}`, () => {
      assert.match(globalBlockIn(corefile) ?? "", shown);
      assert.equal(withoutBlock(corefile), corefile);
      assert.equal(withGlobalBlock(corefile, BLOCK), corefile);
    });
  }
});

const rule = (corefile: string, stub = BLOCK) => obstacleIn(corefile, stub)?.rule;

describe("An obstacle to the server block in a Corefile", () => {
  for (const text of [
    COREFILE,
    "",
    "# only a comment",
    "import custom/*.server\n(snippet) {\n}\n",
    `${BLOCK}${COREFILE}`,
    `${BARE}${COREFILE}`,
    `${COREFILE}{$ZONE}.example:53 {\n}\n{%ZONE%}s.corp {\n}\n`,
    `${COREFILE}not-global:53 {\n}\nbar.global#x:53 {\n}\n`,
    ".:{$PORT} {\n}\n",
    "import x\n.:5353 {\n}\n",
    "a.b:5353,\n.:53 {\n}\n",
    'a.b:5353\n{\n}\n"" . {\n}\n',
  ]) {
    it(`does not exist in ${JSON.stringify(text.slice(0, 30))}...`, () => {
      assert.equal(rule(text), undefined);
    });
  }

  for (const block of [
    "global:53 {\n}",
    "global {\n}",
    "GLOBAL. {\n}",
    "dns://global:53 {\n}",
    "a.b, global {\n}",
    "a.b,\nglobal:1053 {\n}",
    '"global:53" {\n}',
    '"global" {\n}',
    "global:53-54 {\n}",
    "global:{$PORT} {\n}",
    "global#remark {\n}",
    "global\n{\n}",
  ]) {
    it(`is another owner's block ${JSON.stringify(block)}`, () => {
      assert.match(rule(`${COREFILE}${block}\n`) ?? "", /has a server block '.*global.*' of another owner/i);
      assert.match(rule(`${BLOCK}${block}\n${COREFILE}`) ?? "", /another owner/);
    });
  }

  for (const key of ["{$ZONE}:53", "{$ZONE}", "{%ZONE%}:53", "dns://{$ZONE}.:{$PORT}", "glob{$REST}:53"]) {
    it(`is a block ${key}, which may match .global names`, () => {
      const obstacle = obstacleIn(`${COREFILE}${key} {\n}\n`, BLOCK);
      assert.equal(
        obstacle?.rule,
        `has a server block '${key}', which an environment variable may make one for 'global'`,
      );
      assert.match(obstacle.remedy, /^Have its owner write its zone out, or remove dns\.coreDns$/);
    });
  }

  for (const [zone, text] of [
    ["global", "kubernetes cluster.local global {\n}"],
    ["a.global", "kubernetes a.global."],
    ["A.Global", 'kubernetes "A.Global"'],
  ] as const) {
    it(`is a cluster domain at or below global: ${text}`, () => {
      assert.equal(
        rule(`.:53 {\n    ${text}\n}\n`)?.toLowerCase(),
        `has the plugin 'kubernetes' for '${zone.toLowerCase()}', which is, or lies in, 'global': our server block would answer in its place`,
      );
    });
  }

  it("is a cluster domain at or below global, with the remedy", () => {
    assert.equal(
      obstacleIn(".:53 {\n    kubernetes a.global\n}\n", BLOCK)?.remedy,
      "Remove dns.coreDns: this cluster's own names may be global ones",
    );
  });

  it("is a root block that binds to other addresses", () => {
    const text = ".:53 {\n    bind 10.96.0.10\n    bind lo\n}\n";
    assert.match(rule(text) ?? "", /'\.' that listens by its 'bind 10\.96\.0\.10 bind lo'/);
    assert.equal(rule(text, renderGlobalBlock("10.96.0.77", 53, rootDirectives(text, 53))), undefined);
    assert.equal(rule(`${text}.:53 {\n    errors\n}\n`), undefined);
  });

  it("is a kubernetes plugin for a zone of its server block at or below global", () => {
    assert.match(rule("(all) {\n}\na.b x.global:53 { kubernetes\n}\n") ?? "", /'kubernetes' for 'x\.global'/);
    assert.equal(rule("global.example:53 {\n    kubernetes\n    log a.global\n}\n"), undefined);
  });

  it("is a port on which no server block listens", () => {
    const text = "a.b:1053 {\n}\n.:5353 {\n}\ntls://. {\n}\n(x) {\n}\n";
    assert.deepEqual(obstacleIn(text, BLOCK), {
      rule: "has no server block that listens on port 53, but on 1053 and 5353",
      remedy: "Write dns.coreDns.port: 5353, which receives clients' queries",
    });
    assert.equal(rule(text, renderGlobalBlock("10.96.0.77", 5353)), undefined);
    assert.match(
      rule(".:53 {\n}\n", renderGlobalBlock("10.96.0.77", 5353)) ?? "",
      /listens on port 5353, but on 53$/,
    );
  });

  for (const [what, text] of [
    ["without braces", ".:53\nerrors\nforward . /etc/resolv.conf\n"],
    ["without braces around its plugins", ".:53\nforward . /etc/resolv.conf {\n}\n"],
    ["with a brace too many", `${COREFILE}}\n`],
    ["with a brace too few", COREFILE.slice(0, -2)],
    ["with braces that belong to nothing", "{\n}\n"],
  ] as const) {
    it(`is a Corefile ${what}`, () => {
      assert.match(rule(text) ?? "", /not written in server blocks/);
    });
  }

  for (const text of ["# BEGIN istio-federation\n", "# END istio-federation \r\n", BLOCK + BLOCK]) {
    it(`is a missing marker, with manual removal as the remedy: ${JSON.stringify(text.slice(0, 30))}...`, () => {
      const obstacle = obstacleIn(text + COREFILE, BLOCK);
      assert.match(obstacle?.rule ?? "", /not once each/);
      assert.match(
        obstacle?.remedy ?? "",
        /^Remove the rest of our server block 'global' manually, with the lines '# BEGIN istio-federation' and '# END istio-federation'$/,
      );
      assert.deepEqual(unclearIn(text + COREFILE), obstacle);
    });
  }

  it("does not prevent the removal of our own block", () => {
    for (const theirs of ["global:53 {\n}\n", "}\n", ".:5353 {\n}\n"]) {
      assert.equal(unclearIn(BLOCK + theirs), undefined);
      assert.equal(unclearIn(theirs), undefined);
    }
  });
});

const RESOLV = "    forward . /etc/resolv.conf\n";
const root = (inside: string) => `.:53 {\n${inside}\n}\n`;
const around = (corefile: string, port = 53) => rootDirectives(corefile, port);

describe("The server block beside the root block", () => {
  it("forwards as kubeadm's root block does, with its options, on all addresses", () => {
    const forward = "    forward . /etc/resolv.conf {\n       max_concurrent 1000\n    }\n";
    for (const text of [COREFILE, BLOCK + COREFILE])
      assert.deepEqual(around(text), { bind: "", forward, unlike: undefined });
  });

  it("forwards like the root block on its port", () => {
    const text =
      "b.local {\n    forward . 10.0.0.2\n}\n.:5353 tls://. {\n    forward . 10.0.0.4\n}\n" +
      root('    forward . "10.0.0.1"');
    assert.equal(around(text).forward, '    forward . "10.0.0.1"\n');
    assert.equal(around(text, 5353).forward, "    forward . 10.0.0.4\n");
  });

  it("forwards by the line that matches .global names", () => {
    const line = "forward global. tls://10.0.0.2 {\n        tls_servername a.b\n    }";
    const text = root(`    forward x.org 10.0.0.1\n    ${line}`);
    assert.equal(around(text).forward, `    ${line}\n`);
  });

  for (const [what, text] of [
    ["two such lines", root("    forward . 10.0.0.1\n    forward global 10.0.0.2")],
    ["what is imported", root("    import forwards")],
  ] as const) {
    it(`forwards to CoreDNS' own resolvers beside ${what}, with a warning`, () => {
      const { forward, unlike } = around(text);
      assert.equal(forward, RESOLV);
      assert.equal(unlike, ".:53");
    });
  }

  it("forwards to CoreDNS' own resolvers where the Corefile is unknown", () => {
    for (const text of [
      "",
      "a {",
      root("    errors"),
      "a.b {\n    file db\n}\n",
      ".:5353 {\n    bind lo\n}\n",
    ])
      assert.deepEqual(around(text), { bind: "", forward: RESOLV, unlike: undefined });
  });

  it("binds to the addresses of all root blocks on its port", () => {
    const text = `${root("    bind 10.0.0.1 {$ADDRESS}")}${root("    bind lo")}.:5353 {\n    bind eth0\n}\nx.y {\n    bind 10.0.0.9\n}\n`;
    assert.equal(around(text).bind, "    bind 10.0.0.1 {$ADDRESS}\n    bind lo\n");
    assert.equal(around(text, 5353).bind, "    bind eth0\n");
    assert.equal(around(text + root("    errors")).bind, "");
  });

  it("is recognized without markers, also with the root block's directives", () => {
    const text = root(
      "    bind 10.0.0.1 {\n        except lo\n    }\n    forward . 10.0.0.2 {\n        policy random\n    }",
    );
    const block = renderGlobalBlock("10.96.0.77", 53, rootDirectives(text, 53));
    const bare = block.replace(/^#.*\n/gm, "").replace(/\n +/g, "\n  ");
    assert.equal(globalBlockIn(bare + text), bare);
    assert.equal(obstacleIn(bare + text, block), undefined);
  });
});

describe("A warning about a Corefile", () => {
  it("does not appear for a plain Corefile with or without the block", () => {
    for (const text of [
      COREFILE,
      BLOCK + COREFILE,
      "a {",
      ".:53 {\n    import custom/*.override\n    forward . 10.0.0.2\n}\n",
    ])
      assert.deepEqual(corefileWarnings(text), []);
  });

  it("concerns imported files, which may have .global names", () => {
    assert.deepEqual(corefileWarnings(`${COREFILE}import custom/*.server\n`), [
      "imports 'custom/*.server', which the program does not read: a server block for 'global' there would keep CoreDNS from starting",
    ]);
  });

  it("concerns blocks for names below .global", () => {
    assert.deepEqual(corefileWarnings(`${BLOCK}a.b, bar.global:53 {\n    reload\n}\nglobal.b {\n}\n`), [
      "has a server block 'bar.global:53', which answers instead of ours for names below it",
    ]);
  });

  it("concerns a missing reload plugin", () => {
    const text = COREFILE.replace("    reload\n", "");
    const warning =
      "has no plugin 'reload': CoreDNS must be restarted to see each change of our server block";
    assert.deepEqual(corefileWarnings(BLOCK + text), [warning]);
    assert.deepEqual(corefileWarnings(`${text}a.b {\n    hosts {\n        reload 5s\n    }\n}\n`), [warning]);
    for (const other of ["a.b {\n    reload 10s\n}\n", "a.b {\n    import more\n}\n"])
      assert.deepEqual(corefileWarnings(text + other), []);
  });

  it("concerns plugins of the root block that answer .global names", () => {
    assert.deepEqual(
      corefileWarnings(root("    reload\n    forward . 10.0.0.1\n    forward global 10.0.0.2")),
      [
        "has a server block '.:53', which answers other names in 'global' in a way that ours cannot copy: " +
          "they are now resolved by the resolvers in CoreDNS' own /etc/resolv.conf",
      ],
    );
  });

  it("concerns lost markers", () => {
    assert.deepEqual(corefileWarnings(BARE + COREFILE), [
      "has our server block 'global' without the lines around it, as kubeadm's migration leaves it: 'pulumi up --refresh' restores them",
    ]);
  });
});
