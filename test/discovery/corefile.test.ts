import assert from "node:assert/strict";
import { surveyCorefile, surveyImportsBlock } from "../../discovery/corefile.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import { describeFault, FaultsError } from "../../federation/fault.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";

const dns = { coreDns: { namespace: "kube-system", configMap: "coredns", address: "10.96.0.77", port: 53 } };
const NOT_FOUND = { kind: "Status", reason: "NotFound", details: { kind: "configmaps" } };

describe("The Corefile of a cluster, before anything changes", () => {
  let server: FakeApiServer;

  before(async () => {
    server = await FakeApiServer.start();
  });

  after(() => {
    server.stop();
  });

  /** What is wrong with this ConfigMap; undefined for one that is not there. */
  const told = async (data: Record<string, string> | undefined, config: object = { dns }) => {
    server.answerBy((request) =>
      request.includes("/version")
        ? { status: 200, body: {} }
        : data === undefined
          ? { status: 404, body: NOT_FOUND }
          : { status: 200, body: { metadata: { name: "coredns" }, data } },
    );
    try {
      return await surveyCorefile(new SurveyedCluster(server.kubeconfig), config);
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error;
      return error.faults.map(describeFault);
    }
  };

  it("is fine when it will take the block", async () => {
    assert.deepEqual(await told({ Corefile: ".:53 {\n}\n" }), []);
  });

  it("is worth a warning where it imports what the program cannot read", async () => {
    const [warning, ...others] = await told({ Corefile: "import custom/*\n.:53 {\n}\n" });
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^Corefile kube-system\/coredns imports 'custom\/\*', which the program does not read/,
    );
  });

  it("takes server blocks for imported names as well, unless they are too large for a ConfigMap", async () => {
    server.answerBy((request) =>
      request.includes("/version")
        ? { status: 200, body: {} }
        : { status: 200, body: { metadata: { name: "coredns" }, data: { Corefile: ".:53 {\n}\n" } } },
    );
    const cluster = new SurveyedCluster(server.kubeconfig);
    const config = { dns: { coreDns: { namespace: "kube-system", configMap: "coredns", port: 53 } } };
    const zone = (count: number) => {
      const names = Array.from({ length: count }, (_, index) => [`service-${index}.b.local`, "240.241.0.1"]);
      return [{ name: "b.local", addresses: Object.fromEntries(names) as Record<string, string> }];
    };
    const { block, warnings } = await surveyImportsBlock(cluster, config, zone(1));
    assert.deepEqual(warnings, []);
    assert.match(block ?? "", /240\.241\.0\.1 service-0\.b\.local/);
    assert.deepEqual(await surveyImportsBlock(cluster, config, []), { warnings: [] });
    await assert.rejects(
      surveyImportsBlock(cluster, config, zone(25_000)),
      /dns\.coreDns: would put .* 25,000 imported names/,
    );
  });

  it("is not looked at where none is named", async () => {
    assert.deepEqual(await told(undefined, {}), []);
    assert.deepEqual(server.requests, []);
  });

  for (const [what, data, rule] of [
    ["there is none", undefined, /"kube-system\/coredns" is not there, or has no Corefile\. Name the/],
    ["its ConfigMap has none", {}, /is not there, or has no Corefile/],
    [
      "somebody else answers for these names",
      { Corefile: "global {\n}\n" },
      /"kube-system\/coredns" has a server block 'global' that somebody else wrote\. Have its owner/,
    ],
    [
      "nobody asks where the block would listen",
      { Corefile: ".:5353 {\n}\n" },
      /listens on port 53, but on 5353\. Write dns\.coreDns\.port: 5353, where clients' questions arrive\.$/,
    ],
  ] as const) {
    it(`is a fault when ${what}`, async () => {
      const [fault, ...others] = await told(data);
      assert.deepEqual(others, []);
      assert.match(fault ?? "", /^dns\.coreDns\.configMap: /);
      assert.match(fault ?? "", rule);
    });
  }
});
