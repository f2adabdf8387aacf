import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ClusterReader, PROBE, clusterFault } from "../../discovery/clusterReader.ts";
import { Findings } from "../../federation/core/findings.ts";
import type { Reading } from "../../federation/snapshot.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { type KubeconfigName, loadKubeconfig } from "../../kubernetes/kubeconfig.ts";
import { NAMESPACE, SERVICE } from "../../kubernetes/kinds.ts";
import { BACKOFF } from "../../kubernetes/transport.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { writeContext } from "../providers/support/kubeconfigFile.ts";
import { FORBIDDEN, TOKEN, fakeApiServer } from "../providers/support/fakeApiServer.ts";
import { faultsOf, valueOf } from "./support.ts";

describe("ClusterReader", () => {
  const server = fakeApiServer();
  let reader: ClusterReader;

  beforeEach(() => {
    reader = new ClusterReader(server.kubeconfig);
  });

  const list = (client: ClusterClient) => client.list(SERVICE, { namespace: "xyz" });

  it("returns one fault for a cluster that swallows packets, after two probes, however much is read", async () => {
    server.answer("hang");
    const readings = await Promise.all([reader.read(list), reader.read(list), reader.read(list)]);
    assert.deepEqual(server.requests, ["GET /version", "GET /version"]);
    const [fault, ...others] = readings.flatMap(faultsOf);
    assert.match(fault?.rule ?? "", /^names an API server that does not answer: .*: no answer within 4 s$/);
    assert.match(fault?.remedy ?? "", /^Open the way to it/);
    for (const other of others) assert.deepEqual(other, fault);
    assert.equal(JSON.stringify(fault).includes(TOKEN), false);
  });

  it("returns one fault within 15 s for a cluster that swallows only large answers", async () => {
    server.answerBy((request) => (request === "GET /version" ? { status: 200 } : "hang"));
    const begin = performance.now();
    const readings = await Promise.all([
      reader.read(list),
      reader.read((client) => client.list(NAMESPACE)),
      reader.read((client) => client.get(SERVICE, "xyz", "foo")),
    ]);
    assert.ok(performance.now() - begin < 15_000);
    const findings = new Findings();
    findings.fault(...readings.flatMap((reading: Reading<unknown>) => faultsOf(reading)));
    const [fault, ...others] = findings.faults;
    assert.deepEqual(others, []);
    assert.match(fault?.rule ?? "", /does not answer: .*: no answer within 9 s$/);
  });

  it("lets the process end soon after a cluster, or the proxy before it, swallowed packets", async () => {
    const silent = createServer();
    await once(silent.listen(0, "127.30.0.9"), "listening");
    const address = `127.30.0.9:${(silent.address() as AddressInfo).port}`;
    const folder = await temporaryFolder("silent");
    const clusters = [
      { server: `https://${address}` },
      { server: "https://10.0.0.1", "proxy-url": `http://${address}` },
    ];
    const seconds = await Promise.all(
      clusters.map(async (cluster, index) => {
        const name = writeContext(join(folder, `config-${index}`), "c", cluster, { token: TOKEN });
        const module = JSON.stringify(join(import.meta.dirname, "../../discovery/clusterReader.ts"));
        const code = `const { ClusterReader } = await import(${module});
          const reading = await new ClusterReader(${JSON.stringify(name)}).read(() => {});
          console.log("faults" in reading);`;
        const begin = performance.now();
        const child = spawn(process.execPath, ["--input-type=module", "-e", code]);
        const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
        assert.equal(output, "true\n");
        return (performance.now() - begin) / 1000;
      }),
    );
    silent.close();
    assert.ok(Math.max(...seconds) < 15, seconds.join(", "));
  });

  it("gives up on a cluster that hangs in less than 10 seconds", () => {
    const { deadline, retries } = PROBE;
    const longestPause = 2 * BACKOFF.minTimeout * BACKOFF.factor ** (retries - 1);
    assert.ok((retries + 1) * deadline + retries * longestPause < 10_000);
  });

  it("probes the cluster once, however much is read", async () => {
    server.answer({ status: 200, body: { items: [] } });
    await Promise.all([reader.read(list), reader.read((client) => client.list(NAMESPACE))]);
    assert.deepEqual(valueOf(await reader.read(list)), []);
    assert.equal(server.requests.length, 1 + 3);
    assert.equal(server.requests.filter((request) => request === "GET /version").length, 1);
  });

  it("reports a cluster that is down as unreachable, with the reason", async () => {
    const body = { kind: "Status", reason: "ServiceUnavailable", message: "shutting down" };
    server.answer({ status: 503, body });
    const reading = await reader.read(list);
    assert.ok("unreachable" in reading);
    assert.match(reading.unreachable, /503 ServiceUnavailable: shutting down/);
  });

  it("returns what the user may not do, and a fault for those who need it", async () => {
    server.answer({ status: 200, body: { gitVersion: "v1.36.1" } }, FORBIDDEN);
    const reading = await reader.read(list);
    assert.ok("forbidden" in reading);
    assert.equal(reading.forbidden, "list services in namespace xyz");
    assert.equal(reading.fault.path, "kubeconfig.context");
    assert.match(reading.fault.rule, /^cannot list services in namespace xyz: 403 Forbidden/);
  });

  it("returns a fault without the credential for any other refusal", async () => {
    const body = { kind: "Status", reason: "Unauthorized", message: "Unauthorized" };
    server.answer({ status: 401, body });
    const [fault, ...others] = faultsOf(await reader.read(list));
    assert.deepEqual(others, []);
    assert.deepEqual([fault?.path, fault?.value], ["kubeconfig.context", "fake"]);
    assert.match(fault?.rule ?? "", /401 Unauthorized: .*; credentials are sent to an https:/);
    assert.match(fault?.remedy ?? "", /^Renew/);
    assert.ok(!JSON.stringify(fault).includes(TOKEN));
  });

  it("returns a fault for a missing kubeconfig", async () => {
    const path = "/nowhere/kubeconfig";
    const [fault] = faultsOf(await new ClusterReader({ path, context: "x" }).read(list));
    assert.deepEqual([fault?.path, fault?.value], ["kubeconfig", path]);
    assert.match(fault?.rule ?? "", /kubeconfig \/nowhere\/kubeconfig/);
  });

  it("rethrows a defect of the program", async () => {
    server.answer({ status: 200, body: {} });
    const defect = reader.read(() => Promise.reject(new TypeError("a defect")));
    await assert.rejects(defect, TypeError);
  });
});

describe("The fault of a cluster that cannot be used", () => {
  const NAME = { path: "config", context: "a" };
  let folder: string;

  before(async () => {
    folder = await temporaryFolder("fault");
    writeFileSync(join(folder, "config"), "contexts: [{name: b, context: {cluster: none, user: none}}]");
  });

  async function faultOf(name: KubeconfigName & typeof NAME) {
    const error = await loadKubeconfig(name).then(
      () => assert.fail("must fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ClusterError);
    return clusterFault(error, name);
  }

  it("is at the kubeconfig when the file cannot be read", async () => {
    const path = join(folder, "none");
    const fault = await faultOf({ path, context: "a" });
    assert.deepEqual([fault.path, fault.value], ["kubeconfig", path]);
    assert.match(fault.rule, /^cannot be used: .*no such file$/);
    assert.match(fault.remedy, /kubeconfig\.path/);
  });

  it("is at the context when the file lacks it or the cluster it names", async () => {
    const path = join(folder, "config");
    const unknown = await faultOf({ path, context: "a" });
    assert.deepEqual([unknown.path, unknown.value], ["kubeconfig.context", "a"]);
    assert.match(unknown.rule, /^cannot be used: .*no such context; it has b$/);
    const broken = await faultOf({ path, context: "b" });
    assert.deepEqual([broken.path, broken.value], ["kubeconfig.context", "b"]);
    assert.match(broken.rule, /is not in the file$/);
  });

  it("is at the context when another server may answer", () => {
    const failure = {
      operation: "list pods",
      cause: "10.0.0.1:6443: self-signed certificate",
      untrusted: true,
    };
    const fault = clusterFault(new ClusterError('cluster context "a"', failure), NAME);
    assert.deepEqual([fault.path, fault.value], ["kubeconfig.context", "a"]);
    assert.match(
      fault.rule,
      /^names a server with an untrusted certificate, .*: 10\.0\.0\.1:6443: self-signed certificate$/,
    );
    assert.match(fault.remedy, /^Correct certificate-authority-data/);
  });

  for (const [status, remedy] of [
    [401, /^Renew its credentials/],
    [403, /^Grant its user the permission/],
    [404, /^Check the cluster/],
    [undefined, /^Check the cluster/],
  ] as const) {
    it(`is at the context when the API server answers ${status ?? "nothing, for want of credentials"}`, () => {
      const failure = { operation: "list pods", cause: "why", ...(status === undefined ? {} : { status }) };
      const fault = clusterFault(new ClusterError('cluster context "a"', failure), NAME);
      assert.deepEqual([fault.path, fault.value], ["kubeconfig.context", "a"]);
      assert.equal(fault.rule, "cannot list pods: why");
      assert.match(fault.remedy, remedy);
    });
  }
});
