import assert from "node:assert/strict";
import type { PeerConfig } from "../../federation/config/peers.ts";
import { surveyHosts } from "../../discovery/hostConflicts.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import type { PeerView } from "../../federation/imports/registration.ts";
import { viewPeers } from "../../federation/imports/registrations.ts";
import {
  BAR,
  KUBECONFIG,
  LOCAL_CLUSTER,
  contractOf,
  faultsThrown,
  validConfig,
} from "../federation/samples.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";

const settings: Record<string, PeerConfig> = {
  "cluster-b": { stack: "b", exportTo: ["client"], imports: [{ as: ["bar.example.org"] }] },
};

/** What is to be registered of cluster-b: its service, under two names. */
function views(): Record<string, PeerView> {
  const config = validConfig(
    { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, peers: settings },
    "cluster-a",
  );
  const last = { pinned: {}, statuses: {} };
  return viewPeers(config, { "cluster-b": { contract: contractOf() } }, last, new Date("2026-11-22")).peers;
}

const entry = (name: string, hosts: string[], labels: Record<string, string> = {}) => ({
  metadata: { namespace: "shop", name, labels },
  spec: { hosts },
});

describe("The names to be registered, at program start", () => {
  let server: FakeApiServer;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });

  afterEach(() => {
    server.stop();
  });

  const survey = (peers = views()) => surveyHosts(new SurveyedCluster(server.kubeconfig), peers, settings);

  it("are looked for among others' entries, by one list that leaves ours out", async () => {
    server.answer({
      status: 200,
      body: { items: [entry("other", ["www.example.org"]), { metadata: { name: "x" } }] },
    });
    assert.deepEqual(await survey(), []);
    assert.deepEqual(server.requests, [
      "GET /version",
      "GET /apis/networking.istio.io/v1/serviceentries?limit=500&labelSelector=app.kubernetes.io%2Fmanaged-by%21%3Distio-federation",
    ]);
  });

  it("are refused where an entry has them, with all such entries and their owners, and told where a wildcard holds them", async () => {
    const items = [
      entry("pay", ["bar.example.org"], { "app.kubernetes.io/managed-by": "Helm" }),
      entry("wide", ["*.svc.cluster-b.local"]),
    ];
    server.answer({ status: 200, body: { items } });
    const error: unknown = await survey().then(
      () => assert.fail("must be refused"),
      (thrown: unknown) => thrown,
    );
    assert.deepEqual(
      faultsThrown(() => {
        throw error;
      }),
      [
        "peers.cluster-b.imports: is a host of ServiceEntry shop/pay too, which is labelled app.kubernetes.io/managed-by=Helm",
      ],
    );
    server.answer({ status: 200, body: { items: items.slice(1) } });
    const [warning, ...others] = await survey();
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      new RegExp(`"${BAR}" lies in '\\*\\.svc\\.cluster-b\\.local' of ServiceEntry shop/wide`),
    );
  });

  it("come with a warning where the user may not look for them", async () => {
    const forbidden = { status: 403, body: { kind: "Status", reason: "Forbidden", message: "no" } };
    server.answer({ status: 200, body: { gitVersion: "v1.36.1" } }, forbidden);
    const [warning, ...others] = await survey();
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^kubeconfig\.context: may not list serviceentries in all namespaces, so nobody sees whether .*names that are imported\. Have/,
    );
  });

  it("are not looked for where there are none to come, or no cluster", async () => {
    const pending: PeerView = { state: "pending", reason: "", since: "", gateways: [] };
    assert.deepEqual(await survey({ "cluster-b": pending }), []);
    assert.deepEqual(server.requests, []);
    server.answer({ status: 503, body: { kind: "Status", reason: "ServiceUnavailable", message: "no" } });
    assert.deepEqual(await survey(), []);
  });
});
