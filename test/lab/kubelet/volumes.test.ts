import assert from "node:assert/strict";
import type { V1Volume } from "@kubernetes/client-node";
import { renderVolume } from "../../../lab/kubelet/volumes.ts";
import { podFixture, sourcesFixture } from "./pods.ts";

describe("renderVolume", () => {
  const sources = sourcesFixture(
    { "abc/root": { "root-cert.pem": "PEM", other: "x" } },
    { "abc/cacerts": { key: "K" } },
  );
  const render = async (volume: Omit<V1Volume, "name">) => {
    const files = await renderVolume(podFixture(), { name: "v", ...volume }, sources, {
      cpu: 2,
      memory: 1000,
    });
    return (
      files &&
      Object.fromEntries([...files].map(([path, content]) => [path, Buffer.from(content).toString()]))
    );
  };

  it("has nothing to write into an emptyDir", async () => {
    assert.equal(await render({ emptyDir: {} }), undefined);
  });

  it("has a file per key of a ConfigMap or Secret", async () => {
    assert.deepEqual(await render({ configMap: { name: "root" } }), { "root-cert.pem": "PEM", other: "x" });
    assert.deepEqual(await render({ secret: { secretName: "cacerts" } }), { key: "K" });
  });

  it("has only the listed keys, at their paths", async () => {
    const items = [{ key: "root-cert.pem", path: "ca/root.pem" }];
    assert.deepEqual(await render({ configMap: { name: "root", items } }), { "ca/root.pem": "PEM" });
  });

  it("is empty while an optional source is missing", async () => {
    assert.deepEqual(await render({ secret: { secretName: "none", optional: true } }), {});
    assert.deepEqual(await render({ configMap: { name: "none", optional: true } }), {});
  });

  it("fails by name when a source that is not optional is missing", async () => {
    await assert.rejects(render({ secret: { secretName: "none" } }), /Secret abc\/none does not exist/);
    const items = [{ key: "none", path: "x" }];
    await assert.rejects(
      render({ configMap: { name: "root", items } }),
      /ConfigMap abc\/root has no key none/,
    );
  });

  it("joins the sources of a projected volume", async () => {
    const files = await render({
      projected: {
        sources: [
          { serviceAccountToken: { path: "token", audience: "istio-ca", expirationSeconds: 43200 } },
          { configMap: { name: "root", items: [{ key: "root-cert.pem", path: "ca.crt" }] } },
          { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
        ],
      },
    });
    assert.deepEqual(files, { token: "foo-1 istio-ca 43200", "ca.crt": "PEM", namespace: "abc" });
  });

  it("writes labels and resources by the downward API", async () => {
    const items = [
      { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
      { path: "cpus", resourceFieldRef: { containerName: "app", resource: "limits.cpu" } },
    ];
    assert.deepEqual(await render({ downwardAPI: { items } }), {
      labels: 'app="foo"\nversion="v1"\n',
      cpus: "2",
    });
  });

  it("says which volume it cannot offer", async () => {
    await assert.rejects(
      render({ hostPath: { path: "/" } }),
      /volume v is of a kind that the lab does not offer/,
    );
  });
});
