import assert from "node:assert/strict";
import { surveyImportNames } from "../../discovery/importNames.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import { viewPeers } from "../../federation/imports/registrations.ts";
import { faultsError } from "./support.ts";
import { BAR, KUBECONFIG, LOCAL_CLUSTER, contractOf, validConfig } from "../federation/samples.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";

const CONFIG = validConfig(
  {
    ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, dns: { services: {} } },
    peers: { "cluster-b": { stack: "b", imports: [{ as: ["bar.example.org"] }] } },
  },
  "cluster-a",
);
const FORBIDDEN = { status: 403, body: { kind: "Status", reason: "Forbidden", message: "no" } };

describe("Names of imported services that others have", () => {
  let server: FakeApiServer;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });

  afterEach(() => {
    server.stop();
  });

  const survey = () => {
    const last = { pinned: {}, statuses: {} };
    const contracts = { "cluster-b": { contract: contractOf() } };
    const { peers } = viewPeers(CONFIG, contracts, last, new Date("2026-11-22"));
    return surveyImportNames(new SurveyedCluster(server.kubeconfig), peers, CONFIG.peers);
  };

  it("are told all at once, those of ServiceEntries and those of Services", async () => {
    const metadata = { namespace: "istio-federation", name: "bar-xyz-cluster-b" };
    const items = [{ metadata, spec: { hosts: [BAR] } }];
    server.answer({ status: 200, body: { items } });
    const { faults } = await faultsError(survey());
    assert.deepEqual(faults.map(({ path }) => path).sort(), ["dns.services.name", "peers.cluster-b.imports"]);
  });

  it("are not checked, with a warning of each kind, where the user may not look", async () => {
    server.answer({ status: 200, body: { gitVersion: "v1.36.1" } }, FORBIDDEN);
    const warnings = (await survey()).join("\n");
    assert.match(warnings, /may not list serviceentries/);
    assert.match(warnings, /may not list services in namespace istio-federation/);
  });
});
