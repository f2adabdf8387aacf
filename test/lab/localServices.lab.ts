import assert from "node:assert/strict";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { GATEWAY_PORT, whoAnswers } from "../../lab/proofs/gateway.ts";
import { type Party, hostOf } from "../../lab/proofs/proof.ts";
import { Stack, changesNothing } from "../../lab/pulumi.ts";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT, egressAddress } from "../../lab/workloads/workload.ts";
import { deployWorkloads, removeWorkloads } from "../../lab/workloads/workloads.ts";
import { expectAnswer } from "./answers.ts";
import { objectsOf } from "./importedHosts.ts";
import { expectTalk, talk } from "./protocols/clients.ts";
import { type AppServer, startGreeter } from "./protocols/servers.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";

const [A, B] = CLUSTERS;
const NAMESPACE = "istio-federation";
const GREETER = { name: "tcp-greeter", number: 8085, targetPort: 8085, appPort: 18085 };

const CALLEE: Party = {
  ...{ cluster: B.name, domain: B.domain, namespace: "xyz", name: "greeted", address: `${B.network}.1.30` },
  ...{ exported: true, port: SERVICE_PORT, morePorts: [GREETER] },
};
const LOCAL_NAME = "greeted-xyz-cluster-b";
const LOCAL = `${LOCAL_NAME}.${NAMESPACE}.svc.${A.domain}`;

/** Has a sidecar that does not answer DNS, and over TCP calls nothing but the local Service. */
const CALLER: Party = {
  ...{ cluster: A.name, domain: A.domain, namespace: "abc", name: "silent", address: `${A.network}.1.30` },
  ...{ exported: false, port: SERVICE_PORT },
  calls: [{ name: GREETER.name, number: GREETER.number, host: LOCAL }],
  annotations: {
    "proxy.istio.io/config": JSON.stringify({ proxyMetadata: { ISTIO_META_DNS_CAPTURE: "false" } }),
  },
};
/** Likewise, where the stack's config has nothing of the peer be seen. */
const STRANGER: Party = { ...CALLER, namespace: "def", name: "stranger", address: `${A.network}.1.31` };

describe("a client whose sidecar does not answer DNS, where imported services have local Services", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let edited: Stack;
  let server: AppServer;

  before(async () => {
    federated = await sharedLab();
    const { lab } = federated;
    server = await startGreeter(CALLEE.address, GREETER.appPort);
    await deploy(A.name, [CALLER, STRANGER]);
    await deploy(B.name, [CALLEE]);
    const configFile = await editedStackFile(federated.lab, A.name, (config) => {
      config["istio-federation:dns"] = { services: {} };
    });
    edited = new Stack(A.name, lab, { configFile });
    await new Stack(B.name, lab).up();
    await edited.up();
  });

  after(async () => {
    await server.stop();
    await remove(A.name, [CALLER, STRANGER]);
    await remove(B.name, [CALLEE]);
    for (const { name } of [B, A]) await new Stack(name, federated.lab).up();
  });

  const deploy = (context: string, workloads: Party[]) =>
    deployWorkloads({ kubeconfig: federated.lab.kubeconfig, context, workloads, log });
  const remove = (context: string, workloads: Party[]) =>
    removeWorkloads({ kubeconfig: federated.lab.kubeconfig, context, workloads, log });

  it("has an address for it in the cluster's own range, and none by its sidecar", async () => {
    const core = loadContext(federated.lab.kubeconfig, A.name).makeApiClient(CoreV1Api);
    const { spec } = await core.readNamespacedService({ namespace: NAMESPACE, name: LOCAL_NAME });
    assert.match(spec?.clusterIP ?? "", /^\d+\.\d+\.\d+\.\d+$/);
    assert.equal(spec?.selector, undefined);
    for (const host of [LOCAL, hostOf(CALLEE)])
      assert.deepEqual((await callService(CALLER, host, SERVICE_PORT)).addresses, []);
  });

  it("is answered by the peer's workload over HTTP, which sees who it is", async () => {
    await expectAnswer(CALLER, CALLEE, undefined, SERVICE_PORT, LOCAL);
    const { server: address } = await callService(CALLER, LOCAL, SERVICE_PORT);
    assert.equal(address, CALLEE.address);
  });

  it("is answered over TCP", async () => {
    const door = { address: egressAddress(CALLER), port: GREETER.number };
    await expectTalk(door, "hello", ["220 ready", "250 5"]);
  });

  it("is not where it does not see the import", async () => {
    const { status, identity } = await callService(STRANGER, LOCAL, SERVICE_PORT);
    assert.notEqual(status, 200);
    assert.equal(identity, undefined);
    await assert.rejects(talk({ address: egressAddress(STRANGER), port: GREETER.number }, "hello"));
  });

  it("is no way in: peers cannot call local Services through this cluster's gateway", async () => {
    assert.equal(await whoAnswers(`${A.network}.0.3:${GATEWAY_PORT}`, LOCAL), undefined);
    const contract = (await edited.output("federation")) as { services: object };
    assert.deepEqual(
      Object.keys(contract.services).filter((host) => host.includes(NAMESPACE)),
      [],
    );
  });

  it("is shown no change where nothing changed, and loses them when they are switched off, but for the import", async () => {
    assert.equal((await edited.run("refresh", "--yes")).exitCode, 0);
    const changes = await edited.preview();
    assert.ok(changesNothing(changes), JSON.stringify(changes));
    const plain = new Stack(A.name, federated.lab);
    await plain.up();
    const core = loadContext(federated.lab.kubeconfig, A.name).makeApiClient(CoreV1Api);
    assert.deepEqual((await core.listNamespacedService({ namespace: NAMESPACE })).items, []);
    const routes = (await objectsOf(federated.lab, A.name).listNamespacedCustomObject({
      ...{ group: "networking.istio.io", version: "v1", plural: "virtualservices", namespace: NAMESPACE },
    })) as { items: object[] };
    assert.deepEqual(routes.items, []);
    assert.notEqual((await callService(CALLER, LOCAL, SERVICE_PORT)).status, 200);
    await expectAnswer(CALLER, CALLEE);
  });
});
