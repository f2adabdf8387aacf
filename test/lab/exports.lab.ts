import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CoreV1Api, PatchStrategy, type V1Service, setHeaderOptions } from "@kubernetes/client-node";
import type { PeerStatus } from "../../federation/imports/registration.ts";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { hostOf, partyIn } from "../../lab/proofs/proof.ts";
import { changesNothing, Stack } from "../../lab/pulumi.ts";
import { waitFor } from "../../lab/ready.ts";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT } from "../../lab/workloads/workload.ts";
import { expectAnswer } from "./answers.ts";
import { IMPORTS, importedHosts, objectsOf } from "./importedHosts.ts";
import { PublishGateway } from "./publishGateway.ts";
import { type FederatedLab, secrets, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

interface ServiceEntry {
  spec: { ports: unknown };
}

interface Gateway {
  spec: { servers: { hosts: string[] }[] };
}

const GATEWAY = {
  ...{ ...IMPORTS, namespace: "istio-gateway", plural: "gateways", name: "eastwestgateway" },
  fieldManager: "argo",
};
const JSON_PATCH = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);

const [A, B] = CLUSTERS;
const FOO = partyIn(A, true);
const BAR = partyIn(B, true);
const QUEUE = { ...BAR, name: "queue" };
/** Connections that are open when a listener goes are let end: Istio's proxies drain for 45 s. */
const DRAIN_SECONDS = 90;
/** More than a sidecar keeps open, one for each of its threads. */
const CONNECTIONS = 4;

describe("the exports of a stack", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  const stackOf = (name: string) => new Stack(name, federated.lab);
  /** The lab, and a file to which its runs write their plans. */
  const reporting = async () => {
    const plan = join(await temporaryFolder("plan"), "plan.md");
    const environment = { ...federated.lab.environment, ISTIO_FEDERATION_PLAN: plan };
    return { lab: { ...federated.lab, environment }, plan };
  };
  const gateways = async () => {
    const place = { ...IMPORTS, plural: "gateways", namespace: "istio-gateway" };
    const objects = objectsOf(federated.lab, "cluster-a");
    const { items } = (await objects.listNamespacedCustomObject(place)) as { items: object[] };
    return items.length;
  };
  const call = async () => (await callService(BAR, hostOf(FOO), SERVICE_PORT)).status;

  /** One connection being refused does not mean that the others have drained. */
  const isCutOff = async () => {
    for (let calls = 0; calls < CONNECTIONS; calls++) if ((await call()) !== 503) return false;
    return true;
  };

  it("that are emptied close the gateway, once that is accepted, whatever the peer still knows, and open it when they come back", async () => {
    const configFile = await editedStackFile(federated.lab, "cluster-a", (config) => {
      config["istio-federation:exports"] = [];
    });
    assert.equal(await gateways(), 1);
    await expectAnswer(BAR, FOO);
    try {
      const emptied = new Stack("cluster-a", federated.lab, { configFile });
      const { lab, plan } = await reporting();
      const { exitCode, output } = await new Stack("cluster-a", lab, { configFile }).run("preview");
      assert.notEqual(exitCode, 0, "cluster-b imports it");
      assert.match(
        output,
        /exports: would take from peers what they import.*foo\.abc\S* is not exported any more: peer cluster-b imports it \(in xyz\)/,
      );
      assert.match(
        await readFile(plan, "utf8"),
        /^## Preview of cluster-a\n### Faults: nothing is changed\n.*foo\.abc/,
      );
      await emptied.up();
      assert.equal(await gateways(), 0);
      assert.deepEqual(await importedHosts(federated.lab, "cluster-b"), [hostOf(FOO)]);
      await waitFor("bar can still call foo", isCutOff, DRAIN_SECONDS);

      await stackOf("cluster-b").up();
      // The peer's imports stay, as the removal may be an accident; the gateway is closed all the same.
      assert.deepEqual(await importedHosts(federated.lab, "cluster-b"), [hostOf(FOO)]);
      const { "cluster-a": status } = (await stackOf("cluster-b").output("peers")) as Record<
        string,
        PeerStatus
      >;
      assert.equal(status?.state, "pending");
      // Other connections than those of the calls before may have drained only now.
      await waitFor("bar can call foo again", isCutOff, DRAIN_SECONDS);
    } finally {
      for (const name of ["cluster-a", "cluster-b"]) await stackOf(name).up();
    }
    assert.equal(await gateways(), 1);
    await expectAnswer(BAR, FOO);
  });

  const hostsAt = async (name: string) => {
    const { spec } = (await objectsOf(federated.lab, name).getNamespacedCustomObject(GATEWAY)) as Gateway;
    return spec.servers.map(({ hosts }) => hosts);
  };

  /** Somebody lets peers call every service, by an item more in a list: Pulumi's Kubernetes plugin sees it in no refresh. */
  const openToAll = async (name: string) => {
    const body = [{ op: "add", path: "/spec/servers/0/hosts/-", value: "*.local" }];
    await objectsOf(federated.lab, name).patchNamespacedCustomObject({ ...GATEWAY, body }, JSON_PATCH);
  };

  /** Somebody lets the gateway for documents answer another path. */
  const openPath = async () => {
    const route = {
      match: [{ uri: { exact: "/admin" } }],
      directResponse: { status: 200, body: { string: "open" } },
    };
    const place = {
      ...{ ...IMPORTS, namespace: "istio-publish", plural: "virtualservices", name: "contract" },
      fieldManager: "argo",
    };
    const body = [{ op: "add", path: "/spec/http/-", value: route }];
    await objectsOf(federated.lab, "cluster-b").patchNamespacedCustomObject({ ...place, body }, JSON_PATCH);
  };

  it("may have one port number for HTTP in one service and for TCP in another: no conflict, both are imported; what others did to the gateways is undone; a gateway of its own serves each new contract", async () => {
    const served = await PublishGateway.prepare(federated.lab, B);
    const [b, reader] = [await served.publisher(), await served.reader()];
    const services = loadContext(federated.lab.kubeconfig, "cluster-b").makeApiClient(CoreV1Api);
    const queue: V1Service = {
      metadata: { name: "queue", labels: { "istio-federation.dev/export": "true" } },
      spec: { selector: { app: "bar" }, ports: [{ name: "tcp", port: SERVICE_PORT }] },
    };
    await services.createNamespacedService({ namespace: "xyz", body: queue });
    try {
      for (const name of ["cluster-b", "cluster-a"]) await openToAll(name);
      const { lab, plan } = await reporting();
      const { output } = await new Stack("cluster-a", lab).run("preview");
      assert.match(
        await readFile(plan, "utf8"),
        /^## Preview of cluster-a\n### Warnings\n[^]*was edited by argo/,
      );
      assert.match(
        output,
        /warning: Gateway istio-gateway\/eastwestgateway: spec\.servers was edited by argo\. `pulumi up` restores it/,
      );
      assert.match(output, /~ .*EditedObjects .*update/);
      // The Gateway of cluster-b changes by this update: the plugin would end with a conflict. That of cluster-a does not.
      for (const stack of [b, stackOf("cluster-a")]) await stack.up();
      assert.deepEqual(await hostsAt("cluster-a"), [[hostOf(FOO)]]);
      assert.deepEqual(await hostsAt("cluster-b"), [[hostOf(BAR), hostOf(QUEUE)]]);
      assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), [hostOf(BAR), hostOf(QUEUE)]);
      const entries = objectsOf(federated.lab, "cluster-a");
      const ports = async (name: string) => {
        const entry = (await entries.getNamespacedCustomObject({ ...IMPORTS, name })) as ServiceEntry;
        return entry.spec.ports;
      };
      assert.deepEqual(await ports(hostOf(BAR)), [{ number: SERVICE_PORT, name: "http", protocol: "HTTP" }]);
      assert.deepEqual(await ports(hostOf(QUEUE)), [{ number: SERVICE_PORT, name: "tcp", protocol: "TCP" }]);
      const changes = await stackOf("cluster-a").preview();
      assert.ok(changesNothing(changes), JSON.stringify(changes));
      await expectAnswer(FOO, BAR);

      secrets.keys.set(await served.certify(), "the key of the gateway that serves contracts");
      const contract = async () => (await served.get("/contract.json").catch(() => undefined))?.body;
      await waitFor("cluster-b serves its contract", async () => (await contract()) !== undefined, 60);
      const answer = await served.get("/contract.json");
      assert.deepEqual([answer.status, answer.type], [200, "application/json"]);
      assert.deepEqual(JSON.parse(answer.body), await b.output("federation"));
      for (const path of [
        "/",
        "/contract.json/",
        "/CONTRACT.JSON",
        "/healthz/ready",
        "/metadata/public/public.json",
      ])
        assert.equal((await served.get(path)).status, 404, path);
      assert.equal((await served.get("/contract.json", { host: "other.example" })).status, 404);
      assert.equal((await served.get("/contract.json", { method: "POST" })).status, 404);
      await assert.rejects(
        served.get("/contract.json", { servername: "other.example" }),
        /ECONNRESET|handshake|socket/,
      );
      assert.ok(changesNothing(await reader.preview()), "the contract by the address is that of the stack");
      await openPath();
      await waitFor(
        "the gateway has another path",
        async () => (await served.get("/admin")).status === 200,
        60,
      );
    } finally {
      await services.deleteNamespacedService({ namespace: "xyz", name: "queue" });
      await b.up();
      await waitFor("no other path is left", async () => (await served.get("/admin")).status === 404, 60);
      const { output } = await reader.run("preview");
      assert.match(output, /^ *peer cluster-b: - queue\.xyz\.svc\.cluster-b\.local/m);
      served.close();
      await stackOf("cluster-a").up();
    }
    assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), [hostOf(BAR)]);
  });
});
