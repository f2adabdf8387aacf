import assert from "node:assert/strict";
import {
  applyOverrides,
  overridePod,
  OVERRIDES,
  type ContainerPlan,
} from "../../../lab/kubelet/overrides.ts";
import { podFixture } from "./pods.ts";

const CONTEXT = {
  podIP: "127.10.0.2",
  envoy: "/cache/envoy",
  bootstrap: '{ "a": "{{ .wildcard }}", "b": "{{ .localhost }}", "c": "{{ .config.ProxyAdminPort }}" }',
  kubeconfig: "/pod/kubeconfig",
};
const PLAN: ContainerPlan = {
  args: ["proxy", "sidecar", "--domain", "abc.svc.cluster-a.local"],
  env: { PROXY_CONFIG: '{"discoveryAddress":"127.10.0.2:15012","proxyMetadata":{"A":"b"}}\n', CA_ADDR: "x" },
  files: {},
};

describe("overrides", () => {
  it("leave the lab's own app alone", () => {
    assert.deepEqual(applyOverrides("app", PLAN, CONTEXT), PLAN);
  });

  it("each say why", () => {
    for (const { why } of OVERRIDES) assert.match(why, /^[A-Z].{20,}\.$/);
  });

  it("bind every server of istiod to the Pod's address, after the Pod's own arguments", () => {
    const { args, env } = applyOverrides(
      "istiod",
      { ...PLAN, args: ["discovery", "--monitoringAddr=:15014"] },
      CONTEXT,
    );
    assert.deepEqual(args, [
      "discovery",
      "--monitoringAddr=:15014",
      "--httpAddr=127.10.0.2:8080",
      "--grpcAddr=127.10.0.2:15010",
      "--secureGRPCAddr=127.10.0.2:15012",
      "--monitoringAddr=127.10.0.2:15014",
      "--httpsAddr=127.10.0.2:15017",
      "--ctrlz_address=127.10.0.2",
    ]);
    assert.equal(env.KUBECONFIG, "/pod/kubeconfig");
  });

  it("keep a proxy's configuration but for the Envoy that it starts", () => {
    const { env, args } = applyOverrides("proxy", PLAN, CONTEXT);
    assert.deepEqual(JSON.parse(env.PROXY_CONFIG ?? ""), {
      discoveryAddress: "127.10.0.2:15012",
      proxyMetadata: { A: "b" },
      binaryPath: "/cache/envoy",
    });
    assert.equal(env.CA_ADDR, "x");
    assert.equal(env.DNS_PROXY_ADDR, "127.10.0.2:15053");
    assert.deepEqual(args, PLAN.args);
  });

  it("turn off redirection for sidecars only", () => {
    assert.equal(applyOverrides("proxy", PLAN, CONTEXT).env.ISTIO_META_INTERCEPTION_MODE, "NONE");
    const gateway = applyOverrides("proxy", { ...PLAN, args: ["proxy", "router"] }, CONTEXT);
    assert.equal(gateway.env.ISTIO_META_INTERCEPTION_MODE, undefined);
  });

  it("put the Pod's address, and nothing else, into the bootstrap template", () => {
    const { files } = applyOverrides("proxy", PLAN, CONTEXT);
    assert.deepEqual(files, {
      "var/lib/istio/envoy/envoy_bootstrap_tmpl.json":
        '{ "a": "127.10.0.2", "b": "127.10.0.2", "c": "{{ .config.ProxyAdminPort }}" }',
    });
  });

  it("ask Envoy itself whether a proxy is ready", () => {
    const readinessProbe = {
      httpGet: { path: "/healthz/ready", port: 15021 },
      timeoutSeconds: 3,
      periodSeconds: 15,
    };
    assert.deepEqual(applyOverrides("proxy", { ...PLAN, readinessProbe }, CONTEXT).readinessProbe, {
      httpGet: { path: "/ready", port: 15000 },
      timeoutSeconds: 3,
      periodSeconds: 15,
    });
  });

  it("turn off the agent's status server by an annotation beside the Pod's own", () => {
    const annotations = overridePod(podFixture()).metadata?.annotations ?? {};
    assert.equal(annotations["status.sidecar.istio.io/port"], "0");
    assert.ok(annotations.note);
  });
});
