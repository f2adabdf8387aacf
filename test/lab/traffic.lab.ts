import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CLUSTERS } from "../../lab/clusters.ts";
import { type Party, hostOf, partyIn } from "../../lab/proofs/proof.ts";
import { Stack, changesNothing } from "../../lab/pulumi.ts";
import { waitFor } from "../../lab/ready.ts";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT } from "../../lab/workloads/workload.ts";
import { deployWorkloads, removeWorkloads } from "../../lab/workloads/workloads.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { objectsOf } from "./importedHosts.ts";
import { Load } from "./load.ts";
import { type FederatedLab, log, secrets, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";
import { temporaryFolder } from "./temporaryFolder.ts";
import { Database } from "./traffic/database.ts";
import { Egress } from "./traffic/egress.ts";
import { Ingress } from "./traffic/ingress.ts";
import { OutsideServer } from "./traffic/outsideServer.ts";
import { type SidecarRequest, requestAs, requestTlsAs, shareOf } from "./traffic/requests.ts";
import { Rollout } from "./traffic/rollout.ts";
import { TrafficFiles } from "./traffic/trafficFiles.ts";

const [A, B] = CLUSTERS;
const FOO = partyIn(A, true);
const INTERNAL = partyIn(A, false);
const BAR = partyIn(B, true);
const SHOP = { cluster: A.name, domain: A.domain, namespace: "shop", exported: false, port: SERVICE_PORT };
const TLS_PORT = 8443;
const SLEEP: Party = {
  ...SHOP,
  name: "sleep",
  address: `${A.network}.1.40`,
  calls: [
    { name: "tcp", number: 5672 },
    { name: "tls", number: TLS_PORT },
  ],
};
const V1: Party = { ...SHOP, name: "httpbin", version: "v1", address: `${A.network}.1.41` };
const V2: Party = {
  ...{ ...SHOP, name: "httpbin-2", service: "httpbin", version: "v2" },
  address: `${A.network}.1.42`,
};
const HTTPBIN = hostOf(V1);
/** The gateway of the cluster, which gets the listeners of an ingress, too. */
const GATEWAY = `${A.network}.0.3`;
const OUTSIDE = `${A.network}.3.10`;
const PROPAGATION_SECONDS = 60;

/** Requests of which a share is taken: it is off by three points once in ten thousand times. */
const REQUESTS = 3000;
const THREE_POINTS = 0.03;
/** The share of a half varies more. */
const FIVE_POINTS = 0.05;

describe("traffic objects of a stack, by calls through real sidecars", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let files: TrafficFiles;
  let ingress: Ingress;
  let rollout: Rollout;
  let egress: Egress;
  let database: Database;
  let authority: TestAuthority;
  const servers: OutsideServer[] = [];

  const workloads = () => ({
    ...{ kubeconfig: federated.lab.kubeconfig, context: A.name, log },
    workloads: [SLEEP, V1, V2],
  });

  /** The stack with the files, and a share of the calls to a local service that goes to the peer's. */
  const stackWith = async (percent: number, pattern = files.pattern) => {
    const configFile = await editedStackFile(federated.lab, A.name, (config) => {
      const canaries = [{ host: "internal.abc", to: hostOf(BAR), percent }];
      config["istio-federation:traffic"] = {
        ...{ files: [pattern], canaries, egress: egress.config, objects: egress.objects },
      };
      const { values } = config["istio-federation:istio"] as { values: { istiod: { meshConfig: object } } };
      Object.assign(values.istiod.meshConfig, { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } });
    });
    return new Stack(A.name, federated.lab, { configFile });
  };

  before(async () => {
    federated = await sharedLab();
    files = await prepareFiles();
    ingress = await Ingress.certify(federated.lab, A.name, GATEWAY);
    rollout = new Rollout(federated.lab, A.name, "sleep");
    egress = await Egress.prepare(federated.lab, A.name, TLS_PORT, {
      ...{ outside: OUTSIDE, gateway: `${A.network}.1.45`, authority },
    });
    servers.push(egress.server);
    await deployWorkloads(workloads());
    await (await stackWith(20)).up();
    await answered({ host: HTTPBIN, headers: { "end-user": "jason" } }, V2);
  });

  after(async () => {
    await new Stack(A.name, federated.lab).up();
    await removeWorkloads(workloads());
    await ingress.remove();
    for (const server of servers) server.stop();
    await database.stop();
  });

  it("split calls between the versions of a service by weights", async () => {
    const share = await shareOf(V2, SLEEP, HTTPBIN, REQUESTS);
    assert.ok(Math.abs(share - 0.2) < THREE_POINTS, String(share));
  });

  for (const [what, sent] of [
    ["a header", { headers: { "end-user": "jason" } }],
    ["the start of a header", { headers: { "user-agent": "Mozilla/5.0" } }],
    ["a path", { path: "/beta/get" }],
  ] as const)
    it(`route by ${what}`, async () => {
      for (let call = 0; call < 20; call++)
        assert.equal((await requestAs(SLEEP, { host: HTTPBIN, ...sent })).address, V2.address);
    });

  it("send a share of the calls to the other cluster, from namespaces that see its service", async () => {
    await expectCanary(0.2);
    assert.equal(await shareOf(BAR, SLEEP, hostOf(INTERNAL), 200), 0);
  });

  it("let only one workload call a service", async () => {
    assert.equal((await requestAs(SLEEP, { host: HTTPBIN })).status, 200);
    await waitFor(
      "foo may call httpbin",
      async () => (await requestAs(FOO, { host: HTTPBIN })).status === 403,
      60,
    );
  });

  it("leave plain text refused, as everywhere in the mesh", async () => {
    const { status } = await callService(FOO, HTTPBIN, SERVICE_PORT, {
      via: `${V1.address}:${SERVICE_PORT}`,
    });
    assert.equal(status, 0);
  });

  for (const [what, name] of [
    ["an address", "stock"],
    ["a name", "news"],
  ] as const)
    it(`register a host outside the mesh at ${what}, in one namespace`, async () => {
      const host = `${name}.example.com`;
      const { status, service } = await requestAs(SLEEP, { host });
      assert.deepEqual({ status, service }, { status: 200, service: name });
      assert.notEqual((await requestAs(FOO, { host })).service, name);
    });

  it("register a host outside the mesh without endpoints: its name has its address, in one namespace", async () => {
    const addressesFor = async (from: Party) =>
      (await callService(from, "queue.example.com", SERVICE_PORT)).addresses;
    assert.deepEqual(await addressesFor(SLEEP), ["198.51.100.7"]);
    assert.deepEqual(await addressesFor(FOO), []);
  });

  it("start mutual TLS to a server outside the mesh, and refuse one of another name", async () => {
    const { status, client } = await requestAs(SLEEP, { host: "bank.example.com" });
    assert.deepEqual({ status, client }, { status: 200, client: "shop" });
    const { status: refused } = await requestAs(SLEEP, { host: "other-bank.example.com" });
    assert.equal(refused, 503);
  });

  it("start mutual TLS to a database outside the mesh, which keeps and returns values, and refuses others", async () => {
    const [key, value] = ["answer", "42"].map((text) => Buffer.from(text).toString("base64"));
    const host = "store.example.com";
    const put = await requestAs(SLEEP, { host, path: "/v3/kv/put", body: { key, value } });
    assert.equal(put.status, 200);
    const { kvs } = await requestAs(SLEEP, { host, path: "/v3/kv/range", body: { key } });
    assert.deepEqual(
      kvs?.map((each) => [each.key, each.value]),
      [[key, value]],
    );
    assert.equal(await database.status(), undefined, "without a certificate it answers nobody");
    assert.equal((await requestAs(SLEEP, { host: "other-store.example.com", path: "/version" })).status, 503);
    assert.notEqual((await requestAs(FOO, { host, path: "/version" })).status, 200);
  });

  it("send TLS of a domain to a firewall by SNI; a host that no route names goes past it", async () => {
    assert.equal(await answeredBy("en.wiki.example"), "firewall");
    assert.equal(await answeredBy("de.wiki.example"), "firewall");
    assert.equal(await answeredBy("direct.example.com"), "direct");
  });

  it("call an external host through the egress gateway alone, which the stack installs", async () => {
    const isOutside = async () => (await answeredBy(egress.host)) === "outside";
    await waitFor("the outside does not answer", isOutside, PROPAGATION_SECONDS);
    await egress.scale(0);
    await waitFor("calls go past the gateway", async () => !(await isOutside()), PROPAGATION_SECONDS);
    // Several: one may have met the gateway's end.
    for (let call = 0; call < 20; call++) assert.equal(await answeredBy(egress.host), undefined);
    assert.equal(await answeredBy("direct.example.com"), "direct");
    await egress.scale(1);
    await waitFor("the outside does not answer again", isOutside, PROPAGATION_SECONDS);
  });

  it("refuse hosts that are not registered, with REGISTRY_ONLY", async () => {
    const host = "elsewhere.example.com";
    // Envoy answers 502 where it may not go there, and 503 where it may and finds nobody.
    assert.equal((await requestAs(BAR, { host })).status, 503);
    assert.equal((await requestAs(SLEEP, { host })).status, 502);
  });

  it("let calls in over HTTPS by a certificate, and refuse other hosts", async () => {
    const isOpen = async () => (await ingress.get("shop.example.com")) === 200;
    await waitFor("shop.example.com does not answer", isOpen, PROPAGATION_SECONDS);
    await assert.rejects(ingress.get("other.example.com"));
    assert.equal(await ingress.get("shop.example.com", { header: "other.example.com" }), 404);
  });

  it("let calls in over HTTPS from clients with a certificate only", async () => {
    assert.equal(await ingress.get("partners.example.com", { withCertificate: true }), 200);
    await assert.rejects(ingress.get("partners.example.com"));
  });

  it("with a fault change nothing", async () => {
    const place = { group: "networking.istio.io", version: "v1", plural: "virtualservices" };
    const read = () =>
      objectsOf(federated.lab, A.name).listNamespacedCustomObject({ ...place, namespace: "shop" });
    const before = (await read()) as { items: object[] };
    await files.edit("httpbin", { "subset: v1": "subnet: v1" });
    try {
      const { exitCode, output } = await (await stackWith(50)).run("preview");
      assert.notEqual(exitCode, 0);
      assert.doesNotMatch(output, /declared neither/);
      assert.match(output, /httpbin\.yaml.*VirtualService shop\/httpbin: .*subnet.*subset/);
    } finally {
      await files.restore("httpbin");
    }
    assert.deepEqual(((await read()) as { items: object[] }).items, before.items);
  });

  it("show nothing while another controller moves weights that the stack ignores", async () => {
    await rollout.move(35);
    const { exitCode, output } = await (await stackWith(20)).run("preview", "--expect-no-changes");
    assert.equal(exitCode, 0, output);
    const moved = "65 % stable, 35 % canary, moved by another controller (100 / 0 in its file)";
    assert.ok(output.includes(`routes: sleep.shop ${moved}`), output);
  });

  it("change weights, subsets and a canary under load, without a failed call", async () => {
    const callers = [
      { from: SLEEP, host: HTTPBIN },
      { from: FOO, host: hostOf(INTERNAL) },
    ];
    // Each of them ten times a second.
    const load = new Load(Array.from({ length: 5 }, () => callers).flat());
    try {
      const subset = { "  subsets:": "  subsets:\n    - { name: latest, labels: { version: v2 } }" };
      await files.edit("httpbin", {
        ...{ ...subset, "weight: 80": "weight: 50", "weight: 20": "weight: 50" },
        "subset: v2 }\n          weight": "subset: latest }\n          weight",
      });
      await files.edit("rollout", { "name: primary": "name: primary\n      timeout: 5s" });
      const summary = await (await stackWith(50)).up();
      assert.ok(summary.includes("~ 5 updated"), summary.join());
      const written = { names: ["set-header", "primary"], timeout: "5s" };
      assert.deepEqual(await rollout.read(), {
        ...{ ...written, weights: [65, 35], hashes: ["stable-35", "canary-35"] },
      });
      await expectShare(V2, SLEEP, HTTPBIN, 0.5);
      await expectCanary(0.5);
      await files.restore("httpbin");
      await files.edit("httpbin", subset);
      await rollout.move(40);
      await files.edit("outside", { "stock.example.com": "stocks.example.com" });
      // Of both objects, whose lists are not written.
      await files.edit("rollout", { "namespace: shop": "namespace: shop\n  labels: { team: shop }" });
      await (await stackWith(20)).up();
      assert.deepEqual(await rollout.read(), {
        ...{ ...written, weights: [60, 40], hashes: ["stable-40", "canary-40"] },
      });
      assert.ok(changesNothing(await (await stackWith(20)).preview()));
      await expectShare(V2, SLEEP, HTTPBIN, 0.2);
      await expectCanary(0.2);
    } finally {
      await load.expectUninterrupted("traffic objects change");
    }
  });

  it("refuse a host outside the mesh whose ServiceEntry has left the stack", async () => {
    const isRefused = async () => (await requestAs(SLEEP, { host: "stock.example.com" })).status === 502;
    await waitFor("stock.example.com is called", isRefused, PROPAGATION_SECONDS);
    assert.equal((await requestAs(SLEEP, { host: "stocks.example.com" })).service, "stock");
  });

  /** The server outside that answers a call with TLS. */
  const answeredBy = async (host: string): Promise<string | undefined> =>
    (await requestTlsAs(SLEEP, host, TLS_PORT, authority.pem).catch(() => undefined))?.service;

  const expectCanary = (expected: number) => expectShare(BAR, FOO, hostOf(INTERNAL), expected);

  async function expectShare(to: Party, from: Party, host: string, expected: number): Promise<void> {
    let share = 0;
    const isNear = async () => {
      share = await shareOf(to, from, host, REQUESTS / 2);
      return Math.abs(share - expected) < FIVE_POINTS;
    };
    await waitFor(host, isNear, PROPAGATION_SECONDS).catch(() => undefined);
    assert.ok(Math.abs(share - expected) < FIVE_POINTS, `${share} of the calls of ${host}`);
  }

  async function answered(sent: SidecarRequest, by: Party): Promise<void> {
    const isAnswered = async () => (await requestAs(SLEEP, sent)).address === by.address;
    await waitFor(`${sent.host} is not answered by ${by.name}`, isAnswered, PROPAGATION_SECONDS);
  }

  /** Starts the servers outside the mesh. @returns the examples with their addresses, and a bank whose certificate has another name. */
  async function prepareFiles(): Promise<TrafficFiles> {
    const folder = await temporaryFolder("traffic");
    authority = await TestAuthority.root("CN=CA of servers outside");
    const bank = await authority.workload(
      [{ type: "dns", value: "bank.example.com" }],
      "CN=bank.example.com",
    );
    const client = await authority.workload([{ type: "dns", value: "shop.example.com" }], "CN=shop");
    secrets.keys.set(client.key, "the key of the bank's client");
    const certificates = await temporaryFolder("bank");
    for (const [name, text] of [
      ["tls.crt", client.leaf],
      ["tls.key", client.key],
      ["ca.crt", authority.pem],
    ] as const)
      await writeFile(join(certificates, name), text);
    const tls = { cert: bank.leaf, key: bank.key, ca: authority.pem };
    const [stock, news, secured] = [
      new OutsideServer("stock"),
      new OutsideServer("news"),
      new OutsideServer("bank", tls),
    ];
    const wiki = await authority.workload([{ type: "dns", value: "*.wiki.example" }], "CN=wiki");
    const other = await authority.workload([{ type: "dns", value: "direct.example.com" }], "CN=direct");
    const [firewall, direct] = [
      new OutsideServer("firewall", { cert: wiki.leaf, key: wiki.key }),
      new OutsideServer("direct", { cert: other.leaf, key: other.key }),
    ];
    database = await Database.start(federated.lab, OUTSIDE, authority);
    servers.push(stock, news, secured, firewall, direct);
    for (const server of [stock, secured, firewall, direct]) await server.start(OUTSIDE);
    await news.start("127.0.0.1");
    const replacements = {
      "192.0.2.10": OUTSIDE,
      "origin.example.net": "localhost",
      "18090": String(stock.port),
      "18091": String(news.port),
      "18443": String(secured.port),
      "12379": String(database.port),
      "18444": String(firewall.port),
      "18445": String(direct.port),
      "/etc/bank": certificates,
      checkout: "sleep",
      "istio-ingress": "istio-gateway",
      "istio: ingressgateway": "istio: eastwestgateway",
      "protocol: HTTPS }": `protocol: HTTPS }\n      bind: ${GATEWAY}`,
    };
    const copied = await TrafficFiles.copy(folder, replacements);
    await copied.duplicate("store", "other-store", {
      "name: store": "name: other-store",
      "store.example.com": "other-store.example.com",
    });
    await copied.duplicate("bank", "other-bank", {
      "name: bank": "name: other-bank",
      "bank.example.com": "other-bank.example.com",
    });
    return copied;
  }
});
