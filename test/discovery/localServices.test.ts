import assert from "node:assert/strict";
import { surveyLocalServices } from "../../discovery/localServices.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import type { PeerView } from "../../federation/imports/registration.ts";
import { viewPeers } from "../../federation/imports/registrations.ts";
import { faultsError } from "./support.ts";
import { KUBECONFIG, LOCAL_CLUSTER, contractOf, validConfig } from "../federation/samples.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";

/** What is to be registered of cluster-b: its service, under two names. */
function views(dns: unknown = { services: {} }): Record<string, PeerView> {
  const peers = { "cluster-b": { stack: "b", imports: [{ as: ["bar.example.org"] }] } };
  const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, peers, dns }, "cluster-a");
  const last = { pinned: {}, statuses: {} };
  return viewPeers(config, { "cluster-b": { contract: contractOf() } }, last, new Date("2026-11-22")).peers;
}

describe("The names of local Services, at program start", () => {
  let server: FakeApiServer;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });

  afterEach(() => {
    server.stop();
  });

  const survey = (peers = views()) => surveyLocalServices(new SurveyedCluster(server.kubeconfig), peers);
  const page = (names: string[]) => ({
    status: 200,
    body: { items: names.map((name) => ({ metadata: { namespace: "istio-federation", name } })) },
  });

  it("are looked for among others' Services, by one list that leaves ours out", async () => {
    server.answer(page(["other"]));
    assert.deepEqual(await survey(), []);
    assert.deepEqual(server.requests, [
      "GET /version",
      "GET /api/v1/namespaces/istio-federation/services?limit=500&labelSelector=app.kubernetes.io%2Fmanaged-by%21%3Distio-federation",
    ]);
  });

  it("are not asked for where there are to be none", async () => {
    const pending: PeerView = { state: "pending", reason: "", since: "", gateways: [] };
    for (const peers of [views({}), { "cluster-b": pending }]) assert.deepEqual(await survey(peers), []);
    assert.deepEqual(server.requests, []);
  });

  it("are refused where somebody's Service has one", async () => {
    server.answer(page(["bar-xyz-cluster-b"]));
    const { faults } = await faultsError(survey());
    assert.deepEqual(
      faults.map(({ path, value }) => [path, value]),
      [["dns.services.name", "bar-xyz-cluster-b"]],
    );
  });

  it("are not checked, with a warning, where the user may not look", async () => {
    const forbidden = { status: 403, body: { kind: "Status", reason: "Forbidden", message: "no" } };
    server.answer({ status: 200, body: { gitVersion: "v1.36.1" } }, forbidden);
    assert.match((await survey()).join("\n"), /may not list services in namespace istio-federation/);
  });
});
