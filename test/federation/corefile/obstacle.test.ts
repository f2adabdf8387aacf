import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { obstacleIn, unclearIn } from "../../../federation/corefile/obstacle.ts";
import { neighboursIn } from "../../../federation/corefile/neighbours.ts";
import { renderStub } from "../../../federation/corefile/stub.ts";
import { BARE, COREFILE, STUB } from "./samples.ts";

const rule = (corefile: string, stub = STUB) => obstacleIn(corefile, stub)?.rule;

describe("What keeps a Corefile from taking the stub", () => {
  for (const text of [
    COREFILE,
    "",
    "# only a comment",
    "import custom/*.server\n(snippet) {\n}\n",
    `${STUB}${COREFILE}`,
    `${BARE}${COREFILE}`,
    `${COREFILE}{$ZONE}.example:53 {\n}\n{%ZONE%}s.corp {\n}\n`,
    `${COREFILE}not-global:53 {\n}\nbar.global#x:53 {\n}\n`,
    ".:{$PORT} {\n}\n",
    "import x\n.:5353 {\n}\n",
    "a.b:5353,\n.:53 {\n}\n",
    'a.b:5353\n{\n}\n"" . {\n}\n',
  ]) {
    it(`is nothing in ${JSON.stringify(text.slice(0, 30))}...`, () => {
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
    it(`is ${JSON.stringify(block)} of somebody else`, () => {
      assert.match(
        rule(`${COREFILE}${block}\n`) ?? "",
        /has a server block '.*global.*' that somebody else wrote/i,
      );
      assert.match(rule(`${STUB}${block}\n${COREFILE}`) ?? "", /somebody else/);
    });
  }

  for (const key of ["{$ZONE}:53", "{$ZONE}", "{%ZONE%}:53", "dns://{$ZONE}.:{$PORT}", "glob{$REST}:53"]) {
    it(`is a block ${key}, which may be for global names too`, () => {
      const obstacle = obstacleIn(`${COREFILE}${key} {\n}\n`, STUB);
      assert.equal(
        obstacle?.rule,
        `has a server block '${key}', which an environment variable may make one for 'global'`,
      );
      assert.match(obstacle.remedy, /^Have its owner write its zone out, or leave dns\.coreDns out$/);
    });
  }

  for (const [zone, text] of [
    ["global", "kubernetes cluster.local global {\n}"],
    ["a.global", "kubernetes a.global."],
    ["A.Global", 'kubernetes "A.Global"'],
  ] as const) {
    it(`is a cluster whose own names are such: ${text}`, () => {
      assert.equal(
        rule(`.:53 {\n    ${text}\n}\n`)?.toLowerCase(),
        `has the plugin 'kubernetes' for '${zone.toLowerCase()}', which is, or lies in, 'global': our server block for peers' names there would answer in its place`,
      );
    });
  }

  it("is such a cluster, which has to do without global names in CoreDNS", () => {
    assert.equal(
      obstacleIn(".:53 {\n    kubernetes a.global\n}\n", STUB)?.remedy,
      "Leave dns.coreDns out: this cluster's own names may be global ones",
    );
  });

  it("is that it would listen elsewhere than the root block does", () => {
    const text = ".:53 {\n    bind 10.96.0.10\n    bind lo\n}\n";
    assert.match(rule(text) ?? "", /'\.' that listens where its 'bind 10\.96\.0\.10 bind lo' says/);
    assert.equal(rule(text, renderStub("10.96.0.77", 53, neighboursIn(text, 53)("global"))), undefined);
    assert.equal(rule(`${text}.:53 {\n    errors\n}\n`), undefined);
  });

  it("is a cluster whose names are those of its block", () => {
    assert.match(rule("(all) {\n}\na.b x.global:53 { kubernetes\n}\n") ?? "", /'kubernetes' for 'x\.global'/);
    assert.equal(rule("global.example:53 {\n    kubernetes\n    log a.global\n}\n"), undefined);
  });

  it("is that nobody asks where the block would listen", () => {
    const text = "a.b:1053 {\n}\n.:5353 {\n}\ntls://. {\n}\n(x) {\n}\n";
    assert.deepEqual(obstacleIn(text, STUB), {
      rule: "has no server block that listens on port 53, but on 1053 and 5353",
      remedy: "Write dns.coreDns.port: 5353, where clients' questions arrive",
    });
    assert.equal(rule(text, renderStub("10.96.0.77", 5353)), undefined);
    assert.match(
      rule(".:53 {\n}\n", renderStub("10.96.0.77", 5353)) ?? "",
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

  for (const text of ["# BEGIN istio-federation\n", "# END istio-federation \r\n", STUB + STUB]) {
    it(`is that markers are no pair, and then only hands can take the block out: ${JSON.stringify(text.slice(0, 30))}...`, () => {
      const obstacle = obstacleIn(text + COREFILE, STUB);
      assert.match(obstacle?.rule ?? "", /not once each/);
      assert.match(
        obstacle?.remedy ?? "",
        /^Take what is left of our server block 'global' out by hand, with the lines '# BEGIN istio-federation' and '# END istio-federation'$/,
      );
      assert.deepEqual(unclearIn(text + COREFILE), obstacle);
    });
  }

  it("does not keep our own block from being taken out", () => {
    for (const theirs of ["global:53 {\n}\n", "}\n", ".:5353 {\n}\n"]) {
      assert.equal(unclearIn(STUB + theirs), undefined);
      assert.equal(unclearIn(theirs), undefined);
    }
  });
});
