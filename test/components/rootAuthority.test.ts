import assert from "node:assert/strict";
import { datesOf } from "../../federation/trust/expiry.ts";
import { INTERMEDIATE_CERTIFICATE, MockEngine, settled } from "./mockEngine.ts";
import { ROOT_CERTIFICATE, validRootConfig } from "../federation/samples.ts";

const config = validRootConfig(
  {
    rootAuthority: {
      name: "Example Corp",
      clusters: {
        "cluster-a": { stack: "a", trustDomain: "a.local", istiodHosts: ["192.0.2.7"] },
        "cluster-b": { stack: "b", trustDomain: "b.local" },
      },
    },
  },
  "root-ca",
);

for (const preview of [true, false]) {
  describe(`RootAuthority, ${preview ? "previewed" : "applied"}`, () => {
    const engine = new MockEngine();
    let rootCertificates: unknown;
    let signedCertificates: unknown;
    let certificates: unknown;

    before(async () => {
      await engine.start(preview);
      const { RootAuthority } = await import("../../components/rootAuthority.ts");
      const authority = new RootAuthority("root-ca", {
        kind: "root",
        config,
        requests: { "cluster-a": "request of a" },
      });
      rootCertificates = await settled(authority.outputs.rootCertificates);
      signedCertificates = await settled(authority.outputs.signedCertificates);
      certificates = await settled(authority.outputs.certificates);
      await engine.finish();
    });

    it("creates a key, a root and a certificate for each cluster with a signing request", () => {
      assert.deepEqual(engine.resources.map(({ name }) => name).sort(), [
        "root-ca",
        "root-ca-root",
        "root-ca-root-key",
        "root-ca-signed-cluster-a",
      ]);
      assert.deepEqual(engine.named("root-ca-root").inputs["subject"], {
        organization: "Example Corp",
        commonName: "Root CA",
      });
    });

    it("signs each request for the cluster's configured trust domain and istiod hosts", () => {
      const { inputs } = engine.named("root-ca-signed-cluster-a");
      const { cluster, trustDomain, istiodHosts, request } = inputs;
      assert.deepEqual(
        { cluster, trustDomain, istiodHosts, request },
        { cluster: "cluster-a", trustDomain: "a.local", istiodHosts: ["192.0.2.7"], request: "request of a" },
      );
    });

    it("passes its key as a secret to SignedAuthority only", () => {
      const holders = engine.resources.filter(({ inputs }) =>
        JSON.stringify(inputs).includes("private key of"),
      );
      const expected = preview ? [] : ["root-ca-root", "root-ca-signed-cluster-a"];
      assert.deepEqual(holders.map(({ name }) => name).sort(), expected);
      if (preview) return;
      const { issuerKey } = engine.named("root-ca-signed-cluster-a").inputs as { issuerKey: object };
      // The SDK's mark of a secret.
      assert.ok(
        Object.values(issuerKey).includes("1b47061264138c4ac30d75fd1eb44270"),
        JSON.stringify(issuerKey),
      );
    });

    it(preview ? "leaves the certificates unknown" : "outputs certificates only", () => {
      assert.deepEqual(rootCertificates, preview ? undefined : [ROOT_CERTIFICATE]);
      assert.deepEqual(signedCertificates, preview ? undefined : { "cluster-a": INTERMEDIATE_CERTIFICATE });
      assert.deepEqual(
        certificates,
        preview
          ? undefined
          : {
              root: datesOf(ROOT_CERTIFICATE),
              "intermediate of cluster-a": datesOf(INTERMEDIATE_CERTIFICATE),
            },
      );
    });
  });
}
