import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { signRequest } from "../../../federation/authority/signRequest.ts";
import { type SubjectAltNames, TestAuthority } from "../../support/testAuthority.ts";
import { testRequest } from "../../support/testRequest.ts";
import { signedInputs } from "../../providers/support/authorityInputs.ts";
import { Verifiers, type Verify, orSkip } from "../../providers/support/verifiers.ts";

const OK = /^ok$/;
const PERMITTED = /permitted subtree violation|is not permitted by any constraint/;
const EXCLUDED = /excluded subtree violation|is excluded by constraint/;
const PATH_LENGTH = /path length constraint exceeded|too many intermediates/;

const uri = (trustDomain: string): SubjectAltNames[number] => ({
  type: "url",
  value: `spiffe://${trustDomain}/ns/xyz/sa/bar`,
});
const dns = (value: string): SubjectAltNames[number] => ({ type: "dns", value });
const ip = (value: string): SubjectAltNames[number] => ({ type: "ip", value });

/** Leaves that the cluster's intermediate signs, by description: names, and the answers expected of OpenSSL and, if another, of Go. */
const LEAVES: Record<string, [names: SubjectAltNames, openssl: RegExp, go?: RegExp]> = {
  "of a workload of its trust domain": [[uri("b.local")], OK],
  "of another cluster's": [[uri("a.local")], PERMITTED],
  "of its own and another's": [[uri("b.local"), uri("a.local")], PERMITTED],
  "of one below its own": [[uri("x.b.local")], PERMITTED, OK],
  "of istiod, by the names that it gives itself": [
    ["istiod", "istiod-remote", "istio-pilot", "istiod-canary"].map((name) =>
      dns(`${name}.istio-system.svc`),
    ),
    OK,
  ],
  "of istiod, by a name and an address that are listed": [
    [dns("istiod.b.example"), ip("192.0.2.7"), ip("2001:db8::7")],
    OK,
  ],
  "of another host": [[dns("www.b.example")], PERMITTED],
  "of a workload with a host name": [[uri("b.local"), dns("bar.xyz.svc")], PERMITTED],
  "of another address": [[ip("192.0.2.8")], PERMITTED],
  "of another IPv6 address": [[ip("2001:db8::8")], PERMITTED],
  "with an e-mail name": [[uri("b.local"), { type: "email", value: "a@b.local" }], OK, EXCLUDED],
};

const verifiers = new Verifiers();
after(() => {
  verifiers.remove();
});

const WAYS: Record<
  string,
  { verify: () => Verify | undefined | Promise<Verify | undefined>; rule: "openssl" | "go" }
> = {
  "openssl verify": { verify: () => verifiers.openssl("-x509_strict"), rule: "openssl" },
  Go: { verify: () => verifiers.go(), rule: "go" },
};

for (const [way, { verify: find, rule }] of Object.entries(WAYS)) {
  describe(`${way}, trusting the shared root: a leaf signed by a cluster's intermediate`, () => {
    let verify: Verify;
    let root: TestAuthority;
    let cluster: TestAuthority;

    before(async function () {
      this.timeout(180_000);
      verify = orSkip(await find(), rule, this);
      root = await TestAuthority.root("O=shared, CN=Root CA", { kind: "RSA" });
      const request = await testRequest("O=b.local, CN=Intermediate CA");
      const istiodHosts = ["istiod.b.example", "192.0.2.7", "2001:db8::7"];
      const inputs = { ...signedInputs(root, request), istiodHosts };
      const { certificate } = signRequest(inputs, undefined, new Date(), randomBytes);
      cluster = await TestAuthority.of(certificate, request.key);
    });

    const verifyLeaf = (leaf: string, ...between: TestAuthority[]): string =>
      verify({ trusted: [root.pem], untrusted: [cluster.pem, ...between.map(({ pem }) => pem)], leaf });

    for (const [what, [names, openssl, go = openssl]] of Object.entries(LEAVES)) {
      const expected = rule === "go" ? go : openssl;
      it(`${what} is ${expected === OK ? "accepted" : "refused"}`, async () => {
        assert.match(verifyLeaf(await cluster.leaf(names)), expected);
      });
    }

    it("is refused from another CA below the intermediate", async () => {
      const below = await cluster.intermediate("O=b.local, CN=another");
      assert.match(verifyLeaf(await below.leaf([uri("b.local")]), below), PATH_LENGTH);
    });

    it("is refused with a host name or address when none is listed", async () => {
      const request = await testRequest("O=b.local, CN=Intermediate CA", "P-384");
      const { certificate } = signRequest(signedInputs(root, request), undefined, new Date(), randomBytes);
      const plain = await TestAuthority.of(certificate, request.key, "P-384");
      const verifyPlain = async (names: SubjectAltNames): Promise<string> =>
        verify({ trusted: [root.pem], untrusted: [plain.pem], leaf: await plain.leaf(names) });
      assert.match(await verifyPlain([uri("b.local")]), OK);
      assert.match(await verifyPlain([dns("istiod.istio-system.svc")]), OK);
      assert.match(await verifyPlain([dns("istiod.b.example")]), PERMITTED);
      assert.match(await verifyPlain([ip("192.0.2.7")]), EXCLUDED);
    });
  });
}
