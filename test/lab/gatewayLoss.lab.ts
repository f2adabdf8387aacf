import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { GATEWAY_PORT } from "../../federation/core/wellKnown.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { type Party, hostOf } from "../../lab/proofs/proof.ts";
import { waitFor } from "../../lab/ready.ts";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT, egressAddress } from "../../lab/workloads/workload.ts";
import { deployWorkloads, removeWorkloads } from "../../lab/workloads/workloads.ts";
import { type Advertised, advertised, asBefore } from "./gateways/advertised.ts";
import { Balancer } from "./gateways/balancer.ts";
import { freshConnectionsOf, patchSidecars } from "../../lab/workloads/envoyFilters.ts";
import { asking } from "./gateways/envoyFilters.ts";
import { NameServer } from "./gateways/nameServer.ts";
import { type SidecarEndpoint, endpointsOf, untilCalled } from "./gateways/sidecarEndpoints.ts";
import { type AppServer, startGreeter } from "./protocols/servers.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";

const [A, B] = CLUSTERS;
const GREETER = { name: "tcp-greeter", number: 8085, targetPort: 8085, appPort: 18085 };
const CALLER: Party = {
  ...{ cluster: A.name, domain: A.domain, namespace: "abc", name: "client", address: `${A.network}.1.20` },
  ...{ exported: false, port: SERVICE_PORT, calls: [GREETER] },
};
const MANY: Party = {
  ...{ cluster: B.name, domain: B.domain, namespace: "xyz", name: "many", address: `${B.network}.1.20` },
  ...{ exported: true, port: SERVICE_PORT, morePorts: [GREETER] },
};
const HOST = hostOf(MANY);
const SECONDS = 60;
const SEVERAL = 40;
const NAME: Advertised = { address: "gateway.cluster-b.example", port: GATEWAY_PORT };
/** The test's name server lets an answer hold for a second: in so many, Envoy asks again. */
const NAME_LIFE_MILLISECONDS = 4000;
/** The gateway that fails is left alone soon, and for longer than a test looks. */
const OUTLIERS = {
  ...{ consecutive5xxErrors: 3, interval: "1s", baseEjectionTime: "20s", maxEjectionPercent: 100 },
};

/** A call on a connection of its own, and whether it was answered. */
type Call = () => Promise<boolean>;

const http: Call = async () => (await callService(CALLER, HOST, SERVICE_PORT)).status === 200;

const tcp: Call = async () => {
  const socket = await dial().catch(() => undefined);
  socket?.destroy();
  return socket !== undefined;
};

/** A connection to the server that speaks first, once it has. @throws Error when it ends before. */
async function dial(): Promise<Socket> {
  const socket = connect({ host: egressAddress(CALLER), port: GREETER.number });
  socket.on("error", () => undefined).setTimeout(SECONDS * 1000, () => socket.destroy());
  assert.equal(await nextOf(socket), "220 ready");
  return socket;
}

/** Reads the next text; empty at the end. */
async function nextOf(socket: Socket): Promise<string> {
  const closed = once(socket, "close").then(() => [""]);
  const [said] = (await Promise.race([once(socket, "data"), closed])) as [Buffer | string];
  return said.toString().trimEnd();
}

describe("a peer's gateway, or its name, that is lost", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let greeter: AppServer | undefined;
  let unpatch: (() => Promise<void>) | undefined;
  const [one, two] = [1, 2].map(
    (last) => new Balancer(`${B.network}.3.${last}`, GATEWAY_PORT, `${B.network}.0.3`),
  ) as [Balancer, Balancer];
  const names = new NameServer(`${B.network}.0.53`, 10053);

  before(async () => {
    federated = await sharedLab();
    const { kubeconfig } = federated.lab;
    for (const balancer of [one, two]) await balancer.start();
    await names.start();
    greeter = await startGreeter(MANY.address, GREETER.appPort);
    await deployWorkloads({ kubeconfig, context: A.name, workloads: [CALLER], log });
    await deployWorkloads({ kubeconfig, context: B.name, workloads: [MANY], log });
    const place = { context: A.name, namespace: CALLER.namespace, service: HOST };
    unpatch = await patchSidecars(federated.lab, place, [asking(names), freshConnectionsOf(CALLER.name)]);
  });

  afterEach(async () => two.start());

  after(async () => {
    const { kubeconfig } = federated.lab;
    await removeWorkloads({ kubeconfig, context: A.name, workloads: [CALLER], log });
    await removeWorkloads({ kubeconfig, context: B.name, workloads: [MANY], log });
    await asBefore(federated.lab);
    await unpatch?.();
    for (const server of [one, two, names, greeter]) await server?.stop();
  });

  it("costs no HTTP request beside another one, which Istio tries then, and of TCP each connection that is led to it", async () => {
    await published([one, two]);
    await two.stop();
    const before = { http: await seen(SERVICE_PORT), tcp: await seen(GREETER.number) };
    assert.equal(await failuresOf(http, "HTTP"), 0);
    const tried = (await seen(SERVICE_PORT)).failedConnections - before.http.failedConnections;
    assert.ok(tried > 0, "none was led to it");

    const failed = await failuresOf(tcp, "TCP");
    assert.ok(failed > 0 && failed < SEVERAL, `${failed} of ${SEVERAL}`);
    assert.equal((await seen(GREETER.number)).failedConnections - before.tcp.failedConnections, failed);
  });

  it("costs nothing after a while with outlierDetection, and is called again when it answers again", async () => {
    await published([one, two], { imports: [{ outlierDetection: OUTLIERS }] });
    await two.stop();
    for (const [call, port, name] of [
      [http, SERVICE_PORT, "HTTP"],
      [tcp, GREETER.number, "TCP"],
    ] as const) {
      let lost = 0;
      const isLeftAlone = async () => {
        if (!(await call())) lost++;
        return (await seen(port)).pauses;
      };
      await waitFor(`${two.place} is not left alone`, isLeftAlone, SECONDS);
      log(`${name}: ${lost} calls failed before the gateway was left alone`);
      const before = await seen(port);
      assert.equal(await failuresOf(call, name), 0);
      assert.deepEqual(await seen(port), before);
    }

    await two.start();
    for (const call of [http, tcp]) {
      const before = two.connections;
      const isCalled = async () => {
        assert.ok(await call());
        return two.connections > before;
      };
      await waitFor(`${two.place} is not called again`, isCalled, SECONDS);
    }
  });

  it("leaves open TCP connections as they are when a host name takes its place; later ones go there", async () => {
    await published([one]);
    const open = await dial();
    try {
      names.names.set(NAME.address, [two.address]);
      await published([NAME], {}, [two]);
      const before = two.connections;
      assert.ok(await tcp());
      assert.equal(two.connections, before + 1);
      open.write("hello\r\n");
      assert.equal(await nextOf(open), "250 5");
    } finally {
      open.destroy();
    }
  });

  it("goes on by the address that its name had when no name server answers any more", async () => {
    const before = names.queries;
    await sleep(NAME_LIFE_MILLISECONDS);
    assert.ok(names.queries > before, "the sidecar does not ask again");
    await names.stop();
    await sleep(NAME_LIFE_MILLISECONDS);
    for (const call of [http, tcp]) assert.equal(await failuresOf(call, "without a name server"), 0);
  });

  /** Has cluster-b's gateways be these, and waits until they are called. @param balancers where that leads to. */
  async function published(
    gateways: readonly Advertised[],
    peer: object = {},
    balancers = gateways as Balancer[],
  ): Promise<void> {
    await (await advertised(federated.lab, gateways, peer)).up();
    const places = balancers.map(({ place }) => place);
    for (const port of [SERVICE_PORT, GREETER.number])
      await untilCalled({ from: CALLER, host: HOST, port }, places);
    const isAnswered = async () => (await http()) && (await tcp());
    await waitFor(`${HOST} does not answer`, isAnswered, SECONDS);
  }

  /** Statistics of the caller's sidecar about the gateway that does not answer. */
  async function seen(port: number): Promise<SidecarEndpoint> {
    const all = await endpointsOf({ from: CALLER, host: HOST, port });
    const found = all.find(({ place }) => place === two.place);
    assert.ok(found, `${two.place} is unknown`);
    return found;
  }

  /** Number of calls without an answer. */
  async function failuresOf(call: Call, name: string): Promise<number> {
    let failed = 0;
    for (let index = 0; index < SEVERAL; index++) if (!(await call())) failed++;
    log(`${name}: ${failed} of ${SEVERAL} calls failed`);
    return failed;
  }
});
