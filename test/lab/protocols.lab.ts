import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { CLUSTERS } from "../../lab/clusters.ts";
import { mintLeaf, type ClientCertificate, type StolenAuthority } from "../../lab/proofs/forgery.ts";
import { type Party, hostOf, identityOf } from "../../lab/proofs/proof.ts";
import { Stack } from "../../lab/pulumi.ts";
import { waitFor } from "../../lab/ready.ts";
import { callService } from "../../lab/workloads/call.ts";
import { clientIdentity } from "../../lab/workloads/clientIdentity.ts";
import { APP_PORT, SERVICE_PORT, type WorkloadPort, egressAddress } from "../../lab/workloads/workload.ts";
import { deployWorkloads, removeWorkloads } from "../../lab/workloads/workloads.ts";
import { authorityOfC } from "./peerC.ts";
import { expectTalk, postHttp2, talkTls, type Door } from "./protocols/clients.ts";
import { EtcdClient } from "./protocols/etcdClient.ts";
import { type AppServer, startEtcd, startGreeter, startHttp2, startTls } from "./protocols/servers.ts";
import { type FederatedLab, log, secrets, sharedLab } from "./sharedLab.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const [A, B] = CLUSTERS;
const PROPAGATION_SECONDS = 60;
const ETCD_PEER_PORT = 19080;

/** A number that the Service has is that of no port of the Pod. */
const MOVED = { name: "http-moved", number: 8081, targetPort: 9081, appPort: APP_PORT };
const HTTP2 = portTo("http2-echo", 8082);
const GRPC = { ...portTo("grpc-etcd", 8083), appPort: 18083 };
const DATABASE = { ...portTo("tcp-etcd", 8084), appPort: GRPC.appPort };
const GREETER = portTo("tcp-greeter", 8085);
const TLS = portTo("tls-app", 8086);
const PORTS = [MOVED, HTTP2, GRPC, DATABASE, GREETER, TLS];

const CALLER: Party = {
  ...{ cluster: A.name, domain: A.domain, namespace: "abc", name: "client", address: `${A.network}.1.20` },
  ...{ exported: false, port: SERVICE_PORT, calls: PORTS },
};
const common = { cluster: B.name, domain: B.domain, namespace: "xyz", exported: true, port: SERVICE_PORT };
const MANY: Party = { ...common, name: "many", address: `${B.network}.1.20`, morePorts: PORTS };
const HEADLESS: Party = { ...common, name: "headless", address: `${B.network}.1.21`, headless: true };
const LONG: Party = {
  ...common,
  name: "n".repeat(63),
  namespace: "s".repeat(63),
  address: `${B.network}.1.22`,
};

describe("clients of protocols, each with a service of the other cluster", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let authority: StolenAuthority;
  let certificate: ClientCertificate;
  const servers: AppServer[] = [];

  before(async () => {
    federated = await sharedLab();
    const { lab } = federated;
    authority = await authorityOfC();
    certificate = await mintLeaf(authority, "spiffe://app");
    for (const { key } of [authority, certificate])
      secrets.keys.set(key, "a key of the app with its own TLS");
    const { etcd } = lab.tools.programs;
    const folder = await temporaryFolder("etcd");
    servers.push(await startHttp2(MANY.address, HTTP2.appPort));
    servers.push(await startEtcd(etcd, MANY.address, GRPC.appPort, ETCD_PEER_PORT, folder));
    servers.push(await startGreeter(MANY.address, GREETER.appPort));
    servers.push(await startTls(MANY.address, TLS.appPort, certificate));
    await deploy();
    await federate();
    await known(hostOf(MANY));
  });

  after(async () => {
    for (const server of servers) await server.stop();
    const { kubeconfig } = federated.lab;
    await removeWorkloads({ kubeconfig, context: A.name, workloads: [CALLER], log });
    await removeWorkloads({ kubeconfig, context: B.name, workloads: [MANY, HEADLESS, LONG], log });
    await federate();
  });

  it("HTTP, on two ports of one service, of which one has another number in the Pod", async () => {
    for (const { number } of [{ number: SERVICE_PORT }, MOVED]) {
      const { status, identity, server } = await callService(CALLER, hostOf(MANY), number);
      assert.deepEqual(
        { status, identity, server },
        { status: 200, identity: identityOf(CALLER), server: MANY.address },
      );
    }
  });

  it("HTTP/2, with large bodies on many streams of one connection", async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(200_000));
    const answers = await postHttp2(doorTo(HTTP2), hostOf(MANY), bodies);
    for (const [index, { status, headers, body }] of answers.entries()) {
      assert.equal(status, 200);
      assert.equal(headers["x-version"], "2.0");
      assert.equal(headers["x-path"], `/${index}`);
      assert.equal(clientIdentity(headers["x-client"] as string), identityOf(CALLER));
      assert.ok(body === bodies[index], `${body.length} bytes came back`);
    }
  });

  for (const [what, port] of [
    ["gRPC, in single calls and streams", GRPC],
    ["a database over plain TCP", DATABASE],
  ] as const) {
    it(`${what}: etcd`, async () => {
      const { address } = doorTo(port);
      const client = new EtcdClient(`${address}:${port.number}`, `${hostOf(MANY)}:${port.number}`);
      try {
        assert.equal(await client.get(port.name), undefined);
        await client.put(port.name, "first");
        assert.equal(await client.get(port.name), "first");
        const large = "x".repeat(1_000_000);
        assert.equal(await client.nextValue(port.name, () => client.put(port.name, large)), large);
      } finally {
        client.close();
      }
    });
  }

  it("TCP whose server speaks first", async () => {
    await expectTalk(doorTo(GREETER), "hello", ["220 ready", "250 5"]);
  });

  it("TLS of the app's own, from end to end", async () => {
    const { fingerprint, answer } = await talkTls(doorTo(TLS), hostOf(MANY), authority.certificate, "hello");
    assert.equal(fingerprint, new X509Certificate(certificate.chain).fingerprint256);
    assert.equal(answer, `${hostOf(MANY)} HELLO`);
  });

  // istiod takes endpoints of a headless Service from EndpointSlices only, which refuse the lab's loopback addresses: no call can be shown.
  it("a headless service: its name has an address at the caller's, and the gateway balances among its workloads", async () => {
    const host = hostOf(HEADLESS);
    const isKnown = async () => (await callService(CALLER, host, SERVICE_PORT)).addresses.length > 0;
    await waitFor(`${host} has no address`, isKnown, PROPAGATION_SECONDS);
    const response = await fetch(`http://${B.network}.0.3:15000/clusters?format=json`);
    const { cluster_statuses: clusters } = (await response.json()) as {
      cluster_statuses: { name: string; eds_service_name?: string }[];
    };
    const name = `outbound_.${SERVICE_PORT}_._.${host}`;
    assert.equal(clusters.find((cluster) => cluster.name === name)?.eds_service_name, name);
  });

  it("names as long as Kubernetes takes them", async () => {
    await known(hostOf(LONG));
    const { status, server } = await callService(CALLER, hostOf(LONG), SERVICE_PORT);
    assert.deepEqual({ status, server }, { status: 200, server: LONG.address });
  });

  async function deploy(): Promise<void> {
    const { kubeconfig } = federated.lab;
    await deployWorkloads({ kubeconfig, context: A.name, workloads: [CALLER], log });
    await deployWorkloads({ kubeconfig, context: B.name, workloads: [MANY, HEADLESS, LONG], log });
  }

  async function federate(): Promise<void> {
    for (const { name } of [B, A]) await new Stack(name, federated.lab).up();
  }

  async function known(host: string): Promise<void> {
    const isAnswered = async () => (await callService(CALLER, host, SERVICE_PORT)).status === 200;
    await waitFor(`${host} does not answer`, isAnswered, PROPAGATION_SECONDS);
  }
});

/** A port that leads to a server of the test, with one number all the way. */
function portTo(name: string, number: number): WorkloadPort {
  return { name, number, targetPort: number, appPort: number + 10_000 };
}

/** Address at which the caller's sidecar takes calls of a port. */
function doorTo({ number }: WorkloadPort): Door {
  return { address: egressAddress(CALLER), port: number };
}
