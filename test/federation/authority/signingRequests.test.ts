import assert from "node:assert/strict";
import { decideSigningRequests, readSigningRequests } from "../../../federation/authority/signingRequests.ts";
import { keyFingerprint, parseRequest } from "../../../federation/x509/request.ts";
import { type TestRequest, testRequest } from "../../support/testRequest.ts";
import { faultsThrown } from "../samples.ts";

const cluster = (trustDomain: string) => ({ stack: "s", trustDomain, istiodHosts: [] });
const CLUSTERS = { a: cluster("a.local"), b: cluster("b.local") };
const fingerprint = ({ pem }: TestRequest): string => keyFingerprint(parseRequest(pem));

describe("A signing request to a shared root", () => {
  let ofA: TestRequest;
  let ofB: TestRequest;

  before(async () => {
    ofA = await testRequest("O=a.local, CN=Intermediate CA");
    ofB = await testRequest("O=b.local, CN=Intermediate CA");
  });

  it("is signed when valid, with a note of its key at first sight", () => {
    const readings = { b: { request: ofB.pem }, a: { request: ofA.pem } };
    const { requests, warnings, notes } = decideSigningRequests(CLUSTERS, readings, {});
    assert.deepEqual(Object.entries(requests), [
      ["a", ofA.pem],
      ["b", ofB.pem],
    ]);
    assert.deepEqual(warnings, []);
    assert.deepEqual(notes, [
      `cluster a requests its first certificate, for trust domain a.local: its key has SHA-256 ${fingerprint(ofA)}`,
      `cluster b requests its first certificate, for trust domain b.local: its key has SHA-256 ${fingerprint(ofB)}`,
    ]);
  });

  it("causes no note when it was signed before", () => {
    const readings = { a: { request: ofA.pem }, b: { request: ofB.pem } };
    const decided = decideSigningRequests(CLUSTERS, readings, { a: ofA.pem, b: ofB.pem });
    assert.deepEqual([decided.warnings, decided.notes], [[], []]);
  });

  it("is waited for, with a warning that names the remedy", () => {
    const { requests, warnings } = decideSigningRequests(
      CLUSTERS,
      { a: { request: ofA.pem }, b: { pending: "stack o/p/b does not exist" } },
      {},
    );
    assert.deepEqual(Object.keys(requests), ["a"]);
    assert.deepEqual(warnings, ["Cluster b has no signing request: stack o/p/b does not exist"]);
  });

  it("stays signed when its stack is unreachable or destroyed", () => {
    const reasons = [{}, { b: { pending: "stack o/p/b does not exist" } }].map((readings) => {
      const { requests, warnings } = decideSigningRequests(
        CLUSTERS,
        { a: { request: ofA.pem }, ...readings },
        { a: ofA.pem, b: ofB.pem },
      );
      assert.equal(requests["b"], ofB.pem);
      return warnings;
    });
    assert.deepEqual(reasons, [
      // A stack that cannot be read is a fault, and that is all there is to say.
      [],
      ["Cluster b has no signing request: stack o/p/b does not exist. Its last certificate is kept"],
    ]);
  });

  it("does not stay signed when its trust domain changes", () => {
    const clusters = { a: cluster("other.local") };
    const faults = faultsThrown(() => decideSigningRequests(clusters, {}, { a: ofA.pem }));
    assert.match(
      faults.join(),
      /^rootAuthority\.clusters\.a\.certificateRequest: has the subject "a\.local, /,
    );
  });

  it("is signed for another key only when the config names the key, with a note of both", async () => {
    const other = await testRequest("O=a.local, CN=Intermediate CA", "RSA");
    const readings = { a: { request: other.pem }, b: { request: ofB.pem } };
    const decide = (last: string | undefined, key?: TestRequest) =>
      decideSigningRequests(
        { ...CLUSTERS, a: { ...CLUSTERS.a, ...(key === undefined ? {} : { key: fingerprint(key) }) } },
        readings,
        { b: ofB.pem, ...(last === undefined ? {} : { a: last }) },
      );
    const path = "rootAuthority.clusters.a.certificateRequest";
    const kept = decide(ofA.pem);
    assert.equal(kept.requests["a"], ofA.pem, "what one team publishes does not keep the others waiting");
    assert.match(
      kept.warnings.join(),
      new RegExp(
        `^Not signed: ${path}: key of a changes: SHA-256 ${fingerprint(ofA)} -> ${fingerprint(other)}, and not the one that it first asked with\\. .*Its last certificate is kept$`,
      ),
    );
    const { requests, notes } = decide(ofA.pem, other);
    assert.equal(requests["a"], other.pem);
    assert.deepEqual(notes, [`key of a changes: SHA-256 ${fingerprint(ofA)} -> ${fingerprint(other)}`]);
    const named = `and not ${fingerprint(ofA)}, which is in the config`;
    assert.deepEqual(
      faultsThrown(() => decide(undefined, ofA)),
      [`${path}: key of a is SHA-256 ${fingerprint(other)}, ${named}`],
    );
    assert.deepEqual(decide(undefined, other).notes.length, 1);
    assert.match(faultsThrown(() => decide("?")).join(), /key of a changes: SHA-256 \(unknown\) ->/);
  });

  it("is refused with the faults of all requests, without being quoted", () => {
    const faults = faultsThrown(() =>
      decideSigningRequests(
        { ...CLUSTERS, c: cluster("c.local") },
        { a: { request: ofB.pem }, b: { request: ofB.key }, c: { request: 5 } },
        {},
      ),
    );
    assert.equal(faults.length, 3);
    assert.match(
      faults.join("\n"),
      /^rootAuthority\.clusters\.a\.certificateRequest: has the subject "b\.local, Intermediate CA", and must have O=a\.local.*\nrootAuthority\.clusters\.b\.certificateRequest: is not one certificate signing request in PEM\nrootAuthority\.clusters\.c\.certificateRequest: is no text$/,
    );
  });

  it("is parsed from the last update's output", () => {
    assert.deepEqual(readSigningRequests({ a: "x" }), { a: "x" });
    for (const odd of [undefined, null, 5, { a: 5 }]) assert.deepEqual(readSigningRequests(odd), {});
  });
});
