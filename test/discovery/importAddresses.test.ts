import assert from "node:assert/strict";
import { addressImports } from "../../discovery/importAddresses.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import { describeFault, FaultsError } from "../../federation/fault.ts";
import { BAR } from "../federation/samples.ts";
import { configWith, viewOf } from "../federation/dns/peersSample.ts";
import { type Answer, FakeApiServer } from "../providers/support/fakeApiServer.ts";

const COREFILE = ".:53 {\n    reload\n    forward . /etc/resolv.conf\n}\n";
const NOTHING = { importAddresses: undefined, statuses: {} };
const BEFORE = { importAddresses: { "cluster-b": { [BAR]: "240.241.7.7" } }, statuses: {} };
const clusterIPs = (...addresses: string[]): Answer => ({
  status: 200,
  body: { metadata: { name: "kubernetes" }, spec: { clusterIPs: addresses } },
});

describe("Addresses for imported names, before anything changes", () => {
  let server: FakeApiServer;

  before(async () => {
    server = await FakeApiServer.start();
  });

  after(() => {
    server.stop();
  });

  const addressed = async (service: Answer, last: object = NOTHING, isAsked = true) => {
    server.answerBy((request) => {
      if (request.includes("/version")) return { status: 200, body: {} };
      if (request.includes("/services/kubernetes")) return service;
      if (request.includes("node-local-dns")) return { status: 404, body: {} };
      return { status: 200, body: { metadata: { name: "coredns" }, data: { Corefile: COREFILE } } };
    });
    const { dns: asked, ...config } = configWith();
    const whole = isAsked && asked !== undefined ? { ...config, dns: asked } : config;
    const peers = viewOf(whole, [BAR]);
    return addressImports(new SurveyedCluster(server.kubeconfig), whole, peers, { ...NOTHING, ...last });
  };

  /** What is wrong with the range. */
  const faults = async (service: Answer) =>
    addressed(service).then(
      () => [],
      (error: unknown) => {
        if (!(error instanceof FaultsError)) throw error;
        return error.faults.map(describeFault);
      },
    );

  it("go into the services, the Corefile and the next run", async () => {
    const { peers, dns, warnings } = await addressed(clusterIPs("10.96.0.1", "fd00::1"), BEFORE);
    const view = peers["cluster-b"];
    assert.ok(view?.state === "ready");
    assert.equal(view.imports.services[BAR]?.virtualAddress, "240.241.7.7");
    assert.deepEqual(dns.addresses, BEFORE.importAddresses);
    assert.match(dns.block ?? "", /\nsvc\.cluster-b\.local:53 \{\n[^]* 240\.241\.7\.7 bar\.xyz/);
    assert.deepEqual(warnings, []);
  });

  it("are refused where they would serve nobody, or are somebody's", async () => {
    assert.match((await faults(clusterIPs("fd00::1"))).join(), /^dns\.addresses: .* IPv6 addresses only/);
    assert.match(
      (await faults(clusterIPs("240.241.0.1"))).join(),
      /holds 240\.241\.0\.1, the address of the API/,
    );
  });

  it("are given also where the user may not read the Service by which that is seen, with a warning", async () => {
    const { dns, warnings } = await addressed({ status: 403, body: { message: "no" } }, BEFORE);
    assert.deepEqual(dns.addresses, BEFORE.importAddresses);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? "",
      /^kubeconfig\.context: may not .* so nobody sees whether this cluster's Services/,
    );
  });

  it("end with a warning of what that ends, and without a question", async () => {
    const { dns, warnings } = await addressed("hang", BEFORE, false);
    assert.deepEqual(dns, {});
    assert.match(warnings.join(), /^Changes the address of 1 imported service\(s\)/);
    assert.deepEqual(server.requests, []);
  });
});
