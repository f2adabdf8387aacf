import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { issueAnchors } from "../../../federation/trust/issueAnchors.ts";
import { anchorInputs } from "../../providers/support/authorityInputs.ts";
import { type SubjectAltNames, TestAuthority } from "../../support/testAuthority.ts";
import { Verifiers, type Verify, orSkip } from "../../providers/support/verifiers.ts";

const OK = /^ok$/;
const PERMITTED = /permitted subtree violation|is not permitted by any constraint/;
const EXCLUDED = /excluded subtree violation|is excluded by constraint/;

const HONEST: SubjectAltNames[number] = { type: "url", value: "spiffe://b.local/ns/xyz/sa/bar" };
const id = (trustDomain: string): SubjectAltNames => [
  { type: "url", value: `spiffe://${trustDomain}/ns/xyz/sa/bar` },
];

interface Leaf {
  names: SubjectAltNames;
  /** @default none, as with Istio */
  subject?: string;
  /** Answer expected of OpenSSL. */
  openssl: RegExp;
  /** Answer expected of Go. @default OpenSSL's */
  go?: RegExp;
}

/** Leaves that the peer's CA signs, by description. */
const LEAVES: Record<string, Leaf> = {
  "of the peer's trust domain": { names: [HONEST], openssl: OK },
  "of ours": { names: id("a.local"), openssl: PERMITTED },
  "of a third peer's": { names: id("c.local"), openssl: PERMITTED },
  "of the peer's and of ours": { names: [HONEST, ...id("a.local")], openssl: PERMITTED },
  "of one that ends like the peer's": { names: id("xb.local"), openssl: PERMITTED },
  // RFC 5280: without a dot in front the constraint is one host. Go takes those below it too.
  "of one below the peer's": { names: id("x.b.local"), openssl: PERMITTED, go: OK },
  "with a DNS name": { names: [HONEST, { type: "dns", value: "bar.xyz.svc" }], openssl: EXCLUDED },
  "with a DNS name only": { names: [{ type: "dns", value: "bar.xyz.svc" }], openssl: EXCLUDED },
  "with an IPv4 address": { names: [HONEST, { type: "ip", value: "10.0.0.1" }], openssl: EXCLUDED },
  "with an IPv6 address": { names: [HONEST, { type: "ip", value: "2001:db8::1" }], openssl: EXCLUDED },
  // OpenSSL lets an empty e-mail name match none.
  "with an e-mail name": {
    names: [HONEST, { type: "email", value: "a@b.local" }],
    openssl: OK,
    go: EXCLUDED,
  },
  // OpenSSL takes such a common name for a DNS name, Go does not look at it.
  "with a DNS name as common name": { names: [HONEST], subject: "CN=bar.xyz.svc", openssl: EXCLUDED, go: OK },
};

const verifiers = new Verifiers();
after(() => {
  verifiers.remove();
});

/** Verifiers, by the way in which they get the anchor. */
const WAYS: Record<
  string,
  {
    verify: () => Verify | undefined | Promise<Verify | undefined>;
    isTrusted: boolean;
    rule: "openssl" | "go";
  }
> = {
  "openssl verify, from our root": {
    verify: () => verifiers.openssl("-x509_strict"),
    isTrusted: false,
    rule: "openssl",
  },
  "openssl verify, with the anchor among the trusted": {
    verify: () => verifiers.openssl(),
    isTrusted: true,
    rule: "openssl",
  },
  "openssl verify -partial_chain": {
    verify: () => verifiers.openssl("-partial_chain"),
    isTrusted: true,
    rule: "openssl",
  },
  "Go, from our root": { verify: () => verifiers.go(), isTrusted: false, rule: "go" },
  "Go, with the anchor among the trusted": { verify: () => verifiers.go(), isTrusted: true, rule: "go" },
};

for (const [way, { verify: find, isTrusted, rule }] of Object.entries(WAYS)) {
  describe(`${way}: a leaf signed by the peer's CA`, () => {
    let verify: Verify;
    let own: TestAuthority;
    let root: TestAuthority;
    let intermediate: TestAuthority;
    let anchor: string;

    before(async function () {
      // Go compiles its program, and its library when it has not done so before.
      this.timeout(180_000);
      verify = orSkip(await find(), rule, this);
      own = await TestAuthority.root("O=a.local, CN=Root CA");
      root = await TestAuthority.root("O=b.local, CN=Root CA", { kind: "RSA" });
      intermediate = await root.intermediate("O=b.local, CN=Intermediate CA", { pathLength: 0 });
      [anchor = ""] = issueAnchors(anchorInputs(own, root), undefined, new Date(), randomBytes).certificates;
    });

    const verifyLeaf = (leaf: string): string =>
      isTrusted
        ? // Istio's peers send their root along.
          verify({ trusted: [own.pem, anchor], untrusted: [intermediate.pem, root.pem], leaf })
        : verify({ trusted: [own.pem], untrusted: [anchor, intermediate.pem], leaf });

    for (const [what, { names, subject, openssl, go = openssl }] of Object.entries(LEAVES)) {
      const expected = rule === "go" ? go : openssl;
      it(`${what} is ${expected === OK ? "accepted" : "refused"}`, async () => {
        assert.match(verifyLeaf(await intermediate.leaf(names, subject)), expected);
      });
    }

    it("is accepted or refused equally without an intermediate", async () => {
      const chain = isTrusted
        ? { trusted: [own.pem, anchor], untrusted: [] }
        : { trusted: [own.pem], untrusted: [anchor] };
      assert.match(verify({ ...chain, leaf: await root.leaf([HONEST]) }), OK);
      assert.match(verify({ ...chain, leaf: await root.leaf(id("a.local")) }), PERMITTED);
    });

    it("is refused from another CA with the peer's subject", async () => {
      const impostor = await TestAuthority.root("O=b.local, CN=Intermediate CA");
      assert.doesNotMatch(verifyLeaf(await impostor.leaf([HONEST])), OK);
    });
  });
}
