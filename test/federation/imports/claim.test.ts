import assert from "node:assert/strict";
import { describe, it } from "mocha";
import {
  type AskedDomains,
  type Claim,
  ClaimIndex,
  domainFaults,
} from "../../../federation/imports/claims.ts";

const claim = {
  owner: "pending peer cluster-c",
  cluster: undefined,
  nameDomains: ["c.local", "c.mesh"],
  trustDomain: "c.example",
  rootCertificates: [],
};
const free = {
  owner: "peer cluster-b",
  domains: [],
  cluster: "cluster-b",
  nameDomain: "b.local",
  nameField: "clusterDomain",
  trustDomain: "b.example",
} as const;

const faultsOf = (
  asked: AskedDomains,
  claims: Claim[],
  common: readonly ("clusterDomain" | "trustDomain")[] = [],
  remedy = "",
) => domainFaults(asked, new ClaimIndex(claims), common, remedy);

describe("A cluster's domains", () => {
  it("may be unclaimed domains", () => {
    assert.deepEqual(faultsOf(free, [claim]), []);
    assert.deepEqual(faultsOf({ ...free, nameDomain: "bc.local" }, [claim]), []);
    assert.deepEqual(faultsOf({ ...free, nameDomain: undefined }, [claim]), []);
    assert.deepEqual(faultsOf(free, [{ ...claim, nameDomains: [], trustDomain: undefined }]), []);
  });

  it("may be its own claimed domains", () => {
    assert.deepEqual(faultsOf({ ...free, nameDomain: "c.local" }, [{ ...claim, owner: free.owner }]), []);
  });

  it("are compared with all claims, with faults in the order of the claims", () => {
    const claims = ["x.b.local", "b.local", "local", "y.b.local", "ab.local"].map((domain, index) => ({
      ...claim,
      owner: `peer ${index}`,
      nameDomains: [domain],
    }));
    assert.deepEqual(
      faultsOf(free, claims).map(({ rule }) => rule.replace(/^.* is that of /, "")),
      ["peer 0", "peer 1", "peer 2", "peer 3"],
    );
  });

  it("may equal another's domain of the other kind", () => {
    assert.deepEqual(faultsOf({ ...free, nameDomain: "c.example", trustDomain: "c.local" }, [claim]), []);
  });

  for (const [field, key, claimed] of [
    ["clusterDomain", "nameDomain", "c.local"],
    ["meshDomain", "nameDomain", "c.mesh"],
    ["trustDomain", "trustDomain", "c.example"],
  ] as const) {
    for (const value of [claimed, claimed.replace("c.", ""), `x.${claimed}`]) {
      it(`cannot have ${value} as ${field} when ${claimed} is claimed, naming the owner`, () => {
        const asked = { ...free, ...(field === "meshDomain" ? { nameField: field } : {}), [key]: value };
        assert.deepEqual(
          faultsOf(asked, [claim]).map(({ path, rule }) => [path, rule]),
          [
            [
              field,
              `must neither equal, contain nor lie in '${claimed}', which is that of pending peer cluster-c`,
            ],
          ],
        );
      });
    }
  }

  it("may equal a shared domain, but not contain it or lie in it", () => {
    const common = ["clusterDomain", "trustDomain"] as const;
    const same = { ...free, nameDomain: "c.local", trustDomain: "c.example" };
    assert.deepEqual(faultsOf(same, [claim], common), []);
    assert.deepEqual(
      faultsOf({ ...same, nameDomain: "x.c.local" }, [claim], common).map(({ remedy }) => remedy),
      ["Give each cluster a domain of its own or all the same, or remove one of the peers"],
    );
  });

  it("are refused with a remedy for names and one for trust domains", () => {
    const taken = { ...free, nameDomain: "c.local", trustDomain: "c.example" };
    assert.deepEqual(
      faultsOf(taken, [claim], [], "Do this").map(({ remedy }) => remedy),
      [
        "Do this",
        "Write cluster.trustDomain (by default the cluster domain) into the config of both stacks, " +
          "e.g. 'cluster-b.mesh' for this peer, or remove one of the peers",
      ],
    );
  });
});
