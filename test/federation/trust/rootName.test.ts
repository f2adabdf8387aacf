import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { RootNames, type RootOwner } from "../../../federation/trust/rootNames.ts";
import { ROOT_A, ROOT_B } from "../samples.ts";

const ours: RootOwner = { owner: "this cluster", trustDomain: "a.local", rootCertificates: [] };

const faultsOf = (roots: string[], owners: RootOwner[], ownRoots: string[] = []) =>
  new RootNames(owners).faults("peer b", roots, ownRoots);

/** A root with this subject, as OpenSSL writes it: `/O=a.local/CN=Root CA`. */
function rootNamed(subject: string): string {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"];
  return execFileSync("openssl", ["req", "-x509", ...key, "-subj", subject], {
    stdio: ["ignore", "pipe", "ignore"],
  }).toString();
}

const rules = (roots: string[], owners: RootOwner[]): string[] =>
  faultsOf(roots, owners).map(({ path, rule }) => `${path}: ${rule}`);

describe("The subject of a peer's root", () => {
  it("is accepted when unique", () => {
    assert.deepEqual(rules([ROOT_B], [{ ...ours, rootCertificates: [ROOT_A] }]), []);
    assert.deepEqual(rules([rootNamed("/O=a.local.example/CN=a.local")], [ours]), []);
  });

  it("is refused when another peer's root has it", () => {
    const claim = { ...ours, owner: "pending peer c", rootCertificates: [ROOT_A, rootNamed("/O=cluster-b")] };
    assert.deepEqual(rules([ROOT_B], [claim]), [
      "rootCertificates[0]: has a subject that equals, or could equal, that of a certificate of pending peer c",
    ]);
  });

  it("is refused for another peer's same root, unless it is also ours", () => {
    const claim = { ...ours, owner: "peer c", rootCertificates: [ROOT_A, ROOT_B] };
    assert.deepEqual(rules([ROOT_B], [claim]), [
      "rootCertificates[0]: is a certificate of peer c too: verifiers cannot distinguish two trust anchors with one subject",
    ]);
  });

  it("is accepted for our own root, also of several peers", () => {
    const claim = { ...ours, trustDomain: "cluster-b", rootCertificates: [ROOT_B] };
    const others = [claim, { ...claim, owner: "peer c" }];
    assert.equal(rules([ROOT_B], others).length, 2);
    assert.deepEqual(
      faultsOf([ROOT_B, ROOT_A], others, [ROOT_B]).map(({ path }) => path),
      [],
    );
    const namesake = rootNamed("/O=cluster-b");
    assert.equal(faultsOf([namesake], others, [ROOT_B]).length, 2);
  });

  for (const subject of ["/O=a.local/CN=Intermediate CA", "/O=A.Local/CN=anything", "/C=JP/O=a.local"]) {
    it(`is refused as ${subject}, a subject of certificates of trust domain a.local`, () => {
      assert.deepEqual(rules([ROOT_B, rootNamed(subject)], [ours]), [
        "rootCertificates[1]: has a subject that equals, or could equal, that of a certificate of this cluster",
      ]);
    });
  }

  it("is compared like verifiers do, ignoring case and whitespace", () => {
    const claim = { ...ours, trustDomain: "x", rootCertificates: [rootNamed("/O=Some  Company/CN=Root")] };
    assert.equal(rules([rootNamed("/O=some company/CN=root")], [claim]).length, 1);
    assert.equal(rules([rootNamed("/O=some company/CN=root 2")], [claim]).length, 0);
  });
});
