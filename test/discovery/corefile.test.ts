import assert from "node:assert/strict";
import { surveyCorefile } from "../../discovery/corefile.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import { describeFault, FaultsError } from "../../federation/core/fault.ts";
import { type Answer, FakeApiServer } from "../providers/support/fakeApiServer.ts";

const dns = {
  coreDns: { namespace: "kube-system", configMap: "coredns", address: "10.96.0.77", port: 53 },
  services: undefined,
};
const NOT_FOUND = { kind: "Status", reason: "NotFound", details: { kind: "configmaps" } };
const ABSENT: Answer = { status: 404, body: NOT_FOUND };
const PLAIN = ".:53 {\n    reload\n    forward . /etc/resolv.conf\n}\n";

describe("The Corefile of a cluster, before anything changes", () => {
  let server: FakeApiServer;

  before(async () => {
    server = await FakeApiServer.start();
  });

  after(() => {
    server.stop();
  });

  /** Answers for CoreDNS' ConfigMap, undefined for one that is not there, and for that of NodeLocal DNSCache. */
  const answer = (data: Record<string, string> | undefined, nodeLocal: Answer = ABSENT): void => {
    server.answerBy((request) => {
      if (request.includes("/version")) return { status: 200, body: {} };
      if (request.includes("node-local-dns")) return nodeLocal;
      return data === undefined ? ABSENT : { status: 200, body: { metadata: { name: "coredns" }, data } };
    });
  };

  /** What is wrong with this ConfigMap, or worth a warning. */
  const told = async (
    data: Record<string, string> | undefined,
    config: Parameters<typeof surveyCorefile>[1] = { dns },
    nodeLocal: Answer = ABSENT,
  ) => {
    answer(data, nodeLocal);
    try {
      return (await surveyCorefile(new SurveyedCluster(server.kubeconfig), config)).warnings;
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error;
      return error.faults.map(describeFault);
    }
  };

  it("is fine when it will take the block", async () => {
    assert.deepEqual(await told({ Corefile: PLAIN }), []);
  });

  it("is worth a warning where it imports what the program cannot read", async () => {
    const [warning, ...others] = await told({ Corefile: `import custom/*\n${PLAIN}` });
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^Corefile kube-system\/coredns imports 'custom\/\*', which the program does not read/,
    );
  });

  it("is that beside which our block listens, and as which it forwards", async () => {
    answer({ Corefile: ".:53 {\n    bind lo\n    reload\n    forward . 10.0.0.2\n}\n" });
    const { block } = await surveyCorefile(new SurveyedCluster(server.kubeconfig), { dns });
    assert.match(block ?? "", /^ {4}bind lo\n {4}errors\n[^]*\n {4}forward \. 10\.0\.0\.2\n}\n/m);
  });

  it("is worth a warning where NodeLocal DNSCache does not ask CoreDNS, for those who may look", async () => {
    const nodeLocal = { metadata: { name: "node-local-dns" }, data: { Corefile: ".:53 {\n}\n" } };
    const [warning, ...others] = await told({ Corefile: PLAIN }, { dns }, { status: 200, body: nodeLocal });
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^Corefile kube-system\/node-local-dns has no server block for 'global': Pods/,
    );
    assert.deepEqual(await told({ Corefile: PLAIN }, { dns }, { status: 403, body: {} }), []);
  });

  it("is not looked at where none is named", async () => {
    assert.deepEqual(await told(undefined, { dns: undefined }), []);
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
