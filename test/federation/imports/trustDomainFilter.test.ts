import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { anyWorkload } from "../../../federation/core/spiffe.ts";
import { plainImport } from "../../../federation/imports/import.ts";
import { NOTHING_OFFERED, type Registration } from "../../../federation/imports/registration.ts";
import {
  planTrustDomainHosts,
  renderTrustDomainFilter,
} from "../../../federation/imports/trustDomainFilter.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import { BAR, KUBECONFIG, LOCAL_CLUSTER, ROOT_B, barImport, validConfig } from "../samples.ts";

const UNBOUND = plainImport({ ...barImport, subjectAltNames: [anyWorkload("cluster-b.local")] });
const WEB = "web.xyz.svc.cluster-b.local";
const FOO = "foo.xyz.svc.cluster-b.local";

const registration: Registration = {
  peer: "cluster-b",
  state: "ready",
  reason: "",
  since: "",
  heldSince: "",
  ...NOTHING_OFFERED,
  pinned: {
    clusterDomain: "cluster-b.local",
    trustDomain: "cluster-b.local",
    rootCertificates: [ROOT_B],
  },
};
const configOf = (source: object) =>
  validConfig(
    {
      cluster: LOCAL_CLUSTER,
      kubeconfig: KUBECONFIG,
      brake: { removals: 1 },
      peers: { "cluster-b": { ...source, identity: { trustDomain: "cluster-b.local" } } },
    },
    "cluster-a",
  );
const deckhouse = configOf({ deckhouse: { metadataEndpoint: "https://istio.b.example/metadata" } });

const planned = (
  changes: Partial<Registration>,
  last: readonly string[] = [],
  imported = last.length,
  config = deckhouse,
  state: LastRun["statuses"][string]["state"] = "ready",
) => {
  const status: LastRun["statuses"][string] = { state, reason: "", since: "", imported };
  const found = planTrustDomainHosts({ "cluster-b": { ...registration, ...changes } }, config, {
    trustDomainHosts: { "cluster-b": [...last] },
    statuses: { "cluster-b": status },
  });
  return found["cluster-b"]?.hosts;
};

describe("The hosts of a Deckhouse cluster without identities", () => {
  for (const [title, changes, last, imported, hosts] of [
    ["are those that no rule binds", { services: { [BAR]: barImport, [WEB]: UNBOUND } }, [], 0, [WEB]],
    ["are none where rules bind all", { services: { [BAR]: barImport } }, [BAR], 1, undefined],
    ["lose a host that is offered no more", { services: { [WEB]: UNBOUND } }, [BAR, WEB], 2, [WEB]],
    ["stay while the peer is pending", { state: "pending" }, [BAR, WEB], 2, [BAR, WEB]],
    ["stay while the peer is refused", { state: "refused" }, [BAR], 1, [BAR]],
    [
      "stay while a service is not valid",
      { services: { [WEB]: UNBOUND }, refusedHosts: [BAR] },
      [BAR, WEB],
      2,
      [BAR, WEB],
    ],
    [
      "stay while a host is held",
      { services: { [WEB]: UNBOUND }, heldNames: [BAR] },
      [BAR, WEB],
      2,
      [BAR, WEB],
    ],
    ["stay while the brake may hold them", { services: {} }, [BAR, WEB], 2, [BAR, WEB]],
    ["go once the brake let them go", { services: {} }, [BAR, WEB], 0, undefined],
    ["stay while an empty list is not accepted, however few they are", { services: {} }, [BAR], 1, [BAR]],
    [
      "stay while the brake may hold them for others that rules bind",
      { services: { [FOO]: barImport } },
      [BAR],
      3,
      [BAR],
    ],
    [
      "stay while the brake may hold them, one that a rule binds now included",
      { services: { [BAR]: barImport } },
      [BAR, FOO, WEB],
      3,
      [BAR, FOO, WEB],
    ],
    [
      "lose one that a rule binds now, also while another service is not valid",
      { services: { [BAR]: barImport, [WEB]: UNBOUND }, refusedHosts: [FOO] },
      [BAR, FOO, WEB],
      3,
      [FOO, WEB],
    ],
    ["are none of a peer that was never seen", { pinned: undefined, services: {} }, [BAR], 1, undefined],
  ] satisfies [string, Partial<Registration>, string[], number, string[] | undefined][])
    it(title, () => {
      assert.deepEqual(planned(changes, last, imported), hosts);
    });

  it("stay while the brake holds them, also where as many others are offered", () => {
    const services = { [FOO]: barImport, "new.xyz.svc.cluster-b.local": barImport };
    assert.deepEqual(planned({ services }, [BAR, WEB], 2, deckhouse, "held"), [BAR, WEB]);
  });

  it("are none of a peer that publishes identities, also if it publishes this one", () => {
    assert.equal(
      planned({ services: { [BAR]: UNBOUND } }, [], 0, configOf({ stack: "cluster-b" })),
      undefined,
    );
  });

  it("are matched one by one, by a prefix that ends with the trust domain", () => {
    const { configPatches } = renderTrustDomainFilter({ trustDomain: "cluster-b.local", hosts: [BAR, WEB] });
    assert.deepEqual(
      configPatches.map(({ match }) => match.cluster.service),
      [BAR, WEB],
    );
    assert.match(
      JSON.stringify(configPatches[0]?.patch.value),
      /\{"prefix":"spiffe:\/\/cluster-b\.local\/"\}/,
    );
  });
});
