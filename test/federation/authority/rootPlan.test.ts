import assert from "node:assert/strict";
import { type RootSnapshot, planRoot } from "../../../federation/authority/rootPlan.ts";
import { FaultsError } from "../../../federation/core/fault.ts";
import { Findings } from "../../../federation/core/findings.ts";
import { testRequest } from "../../support/testRequest.ts";
import { ROOT_A, validRootConfig } from "../samples.ts";

const config = validRootConfig(
  {
    rootAuthority: {
      clusters: { a: { stack: "o/p/a", trustDomain: "a.local" }, b: { stack: "b", trustDomain: "b.local" } },
    },
  },
  "root-ca",
);
const PENDING = { value: { pending: "stack b has no output `certificateRequest` yet" } };

describe("A plan of a shared root", () => {
  let ofA: string;
  let ofB: string;

  before(async () => {
    ofA = (await testRequest("O=a.local, CN=Intermediate CA")).pem;
    ofB = (await testRequest("O=b.local, CN=Intermediate CA")).pem;
  });

  it("reports an unreadable stack as a fault and nothing else, and a cluster with a faulty config not as removed", () => {
    const unread = { path: "rootAuthority.clusters.b.stack", rule: "cannot be read", remedy: "Log in" };
    const findings = new Findings();
    const requests = { a: { value: { request: ofA } }, b: { faults: [unread] } };
    const outputs = { value: { certificateRequests: { a: ofA, b: ofB, c: ofB } } };
    const skipped = ["rootAuthority.clusters.c"];
    assert.equal(planRoot(config, { now: new Date(), outputs, requests }, findings, skipped), undefined);
    assert.deepEqual([findings.faults, findings.warnings], [[unread], []]);
  });

  /** @param outputs of the last update. @throws FaultsError with all faults. */
  function plan(requests: RootSnapshot["requests"], outputs: RootSnapshot["outputs"] = { value: {} }) {
    const findings = new Findings();
    const found = planRoot(config, { now: new Date(), outputs, requests }, findings);
    if (findings.faults.length > 0) {
      assert.equal(found, undefined);
      throw new FaultsError("plan", findings.faults);
    }
    assert.ok(found !== undefined);
    return { requests: found.requests, warnings: findings.warnings, notes: findings.notes };
  }

  const faultsOf = (...args: Parameters<typeof plan>) => {
    try {
      plan(...args);
      return [];
    } catch (error) {
      assert.ok(error instanceof FaultsError);
      return error.faults;
    }
  };

  it("signs the clusters' requests, and warns of stacks to be updated first", () => {
    const { requests, warnings, notes } = plan({ a: { value: { request: ofA } }, b: PENDING });
    assert.deepEqual(requests, { a: ofA });
    assert.deepEqual(warnings, [
      "Cluster b has no signing request: stack b has no output `certificateRequest` yet",
    ]);
    assert.match(notes.join(), /^cluster a requests its first certificate/);
  });

  it("keeps issued certificates for a removed stack, and warns of a cluster no longer listed", () => {
    const certificateRequests = { b: ofB, old: ofB };
    const { requests, warnings } = plan(
      { a: { value: { request: ofA } }, b: PENDING },
      { value: { certificateRequests } },
    );
    assert.deepEqual(requests, { a: ofA, b: ofB });
    assert.deepEqual(warnings, [
      "Cluster b has no signing request: stack b has no output `certificateRequest` yet. Its last certificate is kept",
      "Cluster old is not in rootAuthority.clusters any more: nothing is signed for it, but its certificate is valid until its end",
    ]);
  });

  it("warns of certificates that expire soon", () => {
    const dates = {
      notBefore: "2026-01-01T00:00:00Z",
      notAfter: "2026-02-01T00:00:00Z",
      sha256: Array.from({ length: 32 }, () => "AB").join(":"),
    };
    const certificates = { "intermediate of a": dates };
    const { warnings } = plan(
      { a: { value: { request: ofA } }, b: { value: { request: ofB } } },
      { value: { certificates } },
    );
    assert.match(
      warnings.join(),
      /^The intermediate of a has expired on 2026-02-01T00:00:00Z\. `pulumi up` renews it here; then run it on the cluster's stack/,
    );
  });

  it("reports unreadable stacks, refused requests and a changed root name at once", () => {
    const unread = (path: string) => ({ faults: [{ path, rule: "cannot be read", remedy: "Log in" }] });
    const stack = "rootAuthority.clusters.a.stack";
    const paths = (faults: readonly { path: string }[]) => faults.map(({ path }) => path);
    assert.deepEqual(paths(faultsOf({ a: unread(stack), b: { value: { request: {} } } }, unread("stack"))), [
      "stack",
      stack,
      "rootAuthority.clusters.b.certificateRequest",
    ]);
    const both = { a: { value: { request: ofB } }, b: { value: { request: {} } } };
    assert.deepEqual(paths(faultsOf(both, { value: { rootCertificates: [ROOT_A] } })), [
      "rootAuthority.name",
      "rootAuthority.clusters.a.certificateRequest",
      "rootAuthority.clusters.b.certificateRequest",
    ]);
  });
});
