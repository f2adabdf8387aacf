import assert from "node:assert/strict";
import { KubeConfig } from "@kubernetes/client-node";
import { remoteSecret } from "../../../federation/mesh/reader.ts";
import { ACCESS, TOKEN } from "./meshSamples.ts";

describe("The remote Secret for istiod", () => {
  const secret = remoteSecret("cluster-b", ACCESS);

  it("has istioctl's name, label and key", () => {
    assert.deepEqual(secret.metadata, {
      name: "istio-remote-secret-cluster-b",
      labels: { "istio/multiCluster": "true" },
      annotations: { "networking.istio.io/cluster": "cluster-b" },
    });
    assert.deepEqual(Object.keys(secret.stringData), ["cluster-b"]);
  });

  it("holds a kubeconfig of the peer's API server with token and certificate authority", () => {
    const config = new KubeConfig();
    config.loadFromString(secret.stringData["cluster-b"]!);
    assert.equal(config.getCurrentCluster()?.server, ACCESS.server);
    assert.equal(
      Buffer.from(config.getCurrentCluster()!.caData!, "base64").toString(),
      ACCESS.certificateAuthority,
    );
    assert.equal(config.getCurrentCluster()?.skipTLSVerify ?? false, false);
    assert.equal(config.getCurrentUser()?.token, TOKEN);
  });

  it("is rendered to the same bytes each time", () => {
    assert.deepEqual(remoteSecret("cluster-b", { ...ACCESS }), secret);
  });
});
