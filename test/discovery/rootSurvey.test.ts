import assert from "node:assert/strict";
import { surveyRequests } from "../../discovery/rootSurvey.ts";
import { OWN_STACK, faultsError, withStacks } from "./support.ts";
import { testRequest } from "../support/testRequest.ts";
import { validRootConfig } from "../federation/samples.ts";

const config = validRootConfig(
  {
    rootAuthority: {
      clusters: { a: { stack: "o/p/a", trustDomain: "a.local" }, b: { stack: "b", trustDomain: "b.local" } },
    },
  },
  "root-ca",
);
const STACK_B = "organization/istio-federation/b";

describe("A survey of what a shared root is to sign", () => {
  let ofA: string;
  let ofB: string;

  before(async () => {
    ofA = (await testRequest("O=a.local, CN=Intermediate CA")).pem;
    ofB = (await testRequest("O=b.local, CN=Intermediate CA")).pem;
  });

  it("reads the clusters' requests, and says whose stack is to be updated first", async () => {
    await withStacks({ "o/p/a": { certificateRequest: ofA }, [STACK_B]: { federation: {} } });
    const { requests, warnings, notes } = await surveyRequests(config);
    assert.deepEqual(requests, { a: ofA });
    assert.deepEqual(warnings, [
      `Cluster b has no signing request: stack ${STACK_B} has no output \`certificateRequest\` yet; run \`pulumi up\` on it, then here`,
    ]);
    assert.match(notes.join(), /^cluster a asks for the first time/);
  });

  it("keeps what it signed before for a stack that is gone, and says so of one that is listed no more", async () => {
    const certificateRequests = { b: ofB, old: ofB };
    await withStacks({ "o/p/a": { certificateRequest: ofA }, [OWN_STACK]: { certificateRequests } });
    const { requests, warnings } = await surveyRequests(config);
    assert.deepEqual(requests, { a: ofA, b: ofB });
    assert.deepEqual(warnings, [
      `Cluster b has no signing request: stack ${STACK_B} does not exist, or you may not read it; run \`pulumi up\` on it, then here. What was signed for it before stays`,
      "Cluster old is not in rootAuthority.clusters any more: nothing is signed for it, but what was signed serves until it ends",
    ]);
  });

  it("warns of what runs out", async () => {
    const dates = {
      notBefore: "2026-01-01T00:00:00Z",
      notAfter: "2026-02-01T00:00:00Z",
      sha256: "AB".repeat(32),
    };
    const certificates = { "intermediate of a": dates };
    await withStacks({
      "o/p/a": { certificateRequest: ofA },
      [STACK_B]: { certificateRequest: ofB },
      [OWN_STACK]: { certificates },
    });
    const { warnings } = await surveyRequests(config);
    assert.match(
      warnings.join(),
      /^The intermediate of a has expired on 2026-02-01T00:00:00Z\. `pulumi up` renews it here; then run it on the cluster's stack/,
    );
  });

  it("tells every stack that cannot be read, or every request that is not to be signed", async () => {
    await withStacks({
      "o/p/a": new Error("permission denied"),
      [STACK_B]: new Error("incorrect passphrase"),
    });
    const unread = await faultsError(surveyRequests(config));
    assert.deepEqual(
      unread.faults.map(({ path, value }) => [path, value]),
      [
        ["rootAuthority.clusters.a.stack", "o/p/a"],
        ["rootAuthority.clusters.b.stack", STACK_B],
      ],
    );
    await withStacks({ "o/p/a": { certificateRequest: ofB }, [STACK_B]: { certificateRequest: {} } });
    const unfit = await faultsError(surveyRequests(config));
    assert.equal(unfit.faults.length, 2);
  });
});
