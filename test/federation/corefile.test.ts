import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { obstacleIn, renderStub, stubIn, withStub, withoutStub } from "../../federation/corefile.ts";

/** As kubeadm writes it. */
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
}
`;

const STUB = renderStub("10.96.0.77");

describe("The stub in a Corefile", () => {
  it("answers global names with the one address, and no other kind of question about them", () => {
    assert.equal(
      STUB,
      `# BEGIN istio-federation
global:53 {
    errors
    cache 30
    template IN A global {
        match ^[^.]+\\.[^.]+\\.global\\.$
        answer "{{ .Name }} 30 IN A 10.96.0.77"
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
    assert.match(
      renderStub("2001:db8::1"),
      /IN AAAA global \{[^}]*answer "\{\{ \.Name \}\} 30 IN AAAA 2001:db8::1"/,
    );
  });

  it("comes beside what is there, and goes without a trace, whatever that is", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom("a {", "}", " ", "# BEGIN", "# x")).map((lines) => lines.join("\n")),
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
  });

  for (const text of [
    COREFILE,
    "",
    "# only a comment",
    "import custom/*.server\n(snippet) {\n}\n",
    `${STUB}${COREFILE}`,
  ]) {
    it(`meets no obstacle in ${JSON.stringify(text.slice(0, 30))}...`, () => {
      assert.equal(obstacleIn(text), undefined);
    });
  }

  for (const block of [
    "global:53 {\n}",
    "global {\n}",
    "GLOBAL. {\n}",
    "dns://global:53 {\n}",
    "a.b, global {\n}",
    "a.b,\nglobal:1053 {\n}",
  ]) {
    it(`leaves a Corefile alone that has ${JSON.stringify(block)} of somebody else`, () => {
      assert.match(
        obstacleIn(`${COREFILE}${block}\n`) ?? "",
        /has a server block '.*global.*' that somebody else wrote/i,
      );
      assert.match(obstacleIn(`${STUB}${block}\n${COREFILE}`) ?? "", /somebody else/);
    });
  }

  for (const [what, text] of [
    ["without braces", ".:53\nerrors\nforward . /etc/resolv.conf\n"],
    ["with a brace too many", `${COREFILE}}\n`],
    ["with a brace too few", COREFILE.slice(0, -2)],
  ] as const) {
    it(`leaves a Corefile alone ${what}`, () => {
      assert.match(obstacleIn(text) ?? "", /not written in server blocks/);
    });
  }

  for (const text of ["# BEGIN istio-federation\n", "# END istio-federation\n", STUB + STUB]) {
    it(`leaves a Corefile alone whose markers are no pair: ${JSON.stringify(text.slice(0, 30))}...`, () => {
      assert.match(obstacleIn(text + COREFILE) ?? "", /not once each/);
    });
  }
});
