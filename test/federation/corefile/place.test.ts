import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { stubIn, withStub, withoutStub } from "../../../federation/corefile/place.ts";
import { renderStub } from "../../../federation/corefile/stub.ts";
import { BARE, COREFILE, STUB } from "./samples.ts";

const [BEGIN, END] = ["# BEGIN istio-federation", "# END istio-federation"];

describe("The stub in a Corefile", () => {
  it("comes beside what is there, and goes without a trace, whatever that is", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(fc.constantFrom("a {", "}", " ", "# BEGIN", "# x", '"', "\\"))
        .map((lines) => lines.join("\n")),
      fc.constantFrom(COREFILE, COREFILE.trimEnd(), ""),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const changed = withStub(text, STUB);
        assert.ok(changed.endsWith(text));
        assert.equal(stubIn(changed), STUB);
        assert.equal(withoutStub(changed), text);
        assert.equal(withStub(changed, STUB), changed);
      }),
    );
  });

  it("is replaced where it is, when it changes or was edited", () => {
    const moved = `${COREFILE}${STUB.replace("cache 30", "cache 5")}other.example {\n}\n`;
    const other = renderStub("10.96.0.78");
    assert.equal(withStub(moved, other), `${COREFILE}${other}other.example {\n}\n`);
    assert.equal(withoutStub(moved), `${COREFILE}other.example {\n}\n`);
  });

  it("is not there where nobody put it", () => {
    assert.equal(stubIn(COREFILE), undefined);
    assert.equal(withoutStub(COREFILE), COREFILE);
    assert.equal(stubIn(`global:53 {\n}\n${COREFILE}`), undefined);
  });

  for (const [what, before, stub, after] of [
    ["has blanks after its markers", "", STUB.replace(/^#.*$/gm, "$& \t"), COREFILE],
    ["has blanks before its markers", COREFILE, STUB.replace(/^#/gm, "  #"), ""],
    ["has the line ends of Windows", "", STUB.replaceAll("\n", "\r\n"), COREFILE.replaceAll("\n", "\r\n")],
    ["ends with the file, and no line end", COREFILE, STUB.trimEnd(), ""],
    ["has lost its markers", `${COREFILE}\n`, BARE, "\nother.example {\n}\n"],
    ["has lost its markers, and its line end", COREFILE, BARE.trimEnd(), ""],
    [
      "was written by kubeadm's migration, to another address",
      "",
      renderStub("2001:db8::1", 5353).replace(/^#.*\n/gm, ""),
      COREFILE,
    ],
  ] as const) {
    it(`is found, replaced and taken out when it ${what}`, () => {
      const corefile = before + stub + after;
      assert.equal(stubIn(corefile), stub);
      assert.equal(withStub(corefile, STUB), before + STUB + after);
      assert.equal(withoutStub(corefile), before + after);
    });
  }

  it("leaves a remark behind its last brace where it was", () => {
    assert.equal(withoutStub(`${BARE.trimEnd()} # theirs\n${COREFILE}`), ` # theirs\n${COREFILE}`);
  });

  for (const [what, corefile, shown] of [
    [
      "only its first marker is left",
      COREFILE + STUB.replace(`${END}\n`, ""),
      /has the lines '.*' not once each/,
    ],
    [
      "only its last marker is left",
      COREFILE + STUB.replace(`${BEGIN}\n`, ""),
      /has the lines '.*' not once each/,
    ],
    ["it is there twice, with markers", STUB + STUB, /has the lines '.*' not once each/],
    ["it is there twice, once without markers", STUB + BARE, /has our server block 'global' twice/],
    ["it is there twice, without markers", BARE + BARE, /has our server block 'global' twice/],
    [
      "somebody changed it and took its markers away",
      COREFILE + BARE.replace("cache 30", "cache 5"),
      /has our server block 'global', but changed and without the lines/,
    ],
    [
      "somebody else's block came between its markers",
      STUB.replace(END, `${COREFILE}${END}`),
      /has the server block '\.:53', which is not ours, between the lines/,
    ],
    [
      "an import came between its markers",
      STUB.replace(END, `import x\n${END}`),
      /has 'import x', which is not ours/,
    ],
    [
      "a marker moved into the block",
      STUB.replace(`${END}\n`, "").replace("    forward", `${END}\n    forward`),
      /has no whole server block between the lines/,
    ],
    [
      "braces around it do not match",
      `a {\n${BARE}`,
      /has our server block 'global' in braces that do not match/,
    ],
  ] as const) {
    it(`shows, instead of a block, that nobody can tell which lines are ours when ${what}`, () => {
      assert.match(stubIn(corefile) ?? "", shown);
      assert.equal(withoutStub(corefile), corefile);
      assert.equal(withStub(corefile, STUB), corefile);
    });
  }
});
