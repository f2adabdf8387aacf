import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { Claim } from "../../../federation/imports/domains.ts";
import { judgeRootNames } from "../../../federation/trust/rootNames.ts";
import { ROOT_A, ROOT_B } from "../samples.ts";

const ours: Claim = { owner: "this cluster", nameDomains: ["a.local"], trustDomain: "a.local" };

/** A root with this subject, as OpenSSL writes it: `/O=a.local/CN=Root CA`. */
function rootNamed(subject: string): string {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"];
  return execFileSync("openssl", ["req", "-x509", ...key, "-subj", subject], {
    stdio: ["ignore", "pipe", "ignore"],
  }).toString();
}

const rules = (roots: string[], claims: Claim[]): string[] =>
  judgeRootNames(roots, claims).map(({ path, rule }) => `${path}: ${rule}`);

describe("The name of a peer's root", () => {
  it("may be what nobody else's certificate has", () => {
    assert.deepEqual(rules([ROOT_B], [{ ...ours, rootCertificates: [ROOT_A] }]), []);
    assert.deepEqual(rules([rootNamed("/O=a.local.example/CN=a.local")], [ours]), []);
  });

  it("is not that of another's root, which verifiers would take the one for", () => {
    const claim = { ...ours, owner: "pending peer c", rootCertificates: [ROOT_A, rootNamed("/O=cluster-b")] };
    assert.deepEqual(rules([ROOT_B], [claim]), [
      "rootCertificates[0]: has a subject that is, or could be, that of a certificate of pending peer c",
    ]);
  });

  it("is not that of the very root of another, unless it is ours too", () => {
    const claim = { ...ours, owner: "peer c", rootCertificates: [ROOT_A, ROOT_B] };
    assert.deepEqual(rules([ROOT_B], [claim]), [
      "rootCertificates[0]: is a certificate of peer c too: two trust anchors of one name cannot be told apart",
    ]);
  });

  it("may be our own root's when it is that very certificate, also where several peers have it", () => {
    const claim = { ...ours, trustDomain: "cluster-b", rootCertificates: [ROOT_B] };
    const others = [claim, { ...claim, owner: "peer c" }];
    assert.equal(rules([ROOT_B], others).length, 2);
    assert.deepEqual(
      judgeRootNames([ROOT_B, ROOT_A], others, [ROOT_B]).map(({ path }) => path),
      [],
    );
    const namesake = rootNamed("/O=cluster-b");
    assert.equal(judgeRootNames([namesake], others, [ROOT_B]).length, 2);
  });

  for (const subject of ["/O=a.local/CN=Intermediate CA", "/O=A.Local/CN=anything", "/C=JP/O=a.local"]) {
    it(`is not ${subject}, as certificates of trust domain a.local are named`, () => {
      assert.deepEqual(rules([ROOT_B, rootNamed(subject)], [ours]), [
        "rootCertificates[1]: has a subject that is, or could be, that of a certificate of this cluster",
      ]);
    });
  }

  it("is told apart from others as verifiers do it: without regard to case and blanks", () => {
    const claim = { ...ours, trustDomain: "x", rootCertificates: [rootNamed("/O=Some  Company/CN=Root")] };
    assert.equal(rules([rootNamed("/O=some company/CN=root")], [claim]).length, 1);
    assert.equal(rules([rootNamed("/O=some company/CN=root 2")], [claim]).length, 0);
  });
});
