import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { configFaults } from "../samples.ts";

/** Sets one value of a chart, by its dotted path. */
function valueOf(dotted: string, value: unknown): Record<string, unknown> {
  const [key = "", ...rest] = dotted.split(".");
  return { [key]: rest.length === 0 ? value : valueOf(rest.join("."), value) };
}

const METADATA = "meshConfig.defaultConfig.proxyMetadata";

describe("Another certificate authority than the stack's", () => {
  for (const [path, refused, accepted] of [
    ["global.caAddress", "cert-manager-istio-csr.cert-manager.svc:443", "istiod.istio-system.svc:15012"],
    ["global.caName", "GkeWorkloadCertificate", ""],
    ["global.mountMtlsCerts", true, false],
    ["global.pilotCertProvider", "k8s.io/clusterissuers.cert-manager.io/mesh", "istiod"],
    ["env.CERT_SIGNER_DOMAIN", "clusterissuers.cert-manager.io", ""],
    ["env.ENABLE_CA_SERVER", false, true],
    ["env.ENABLE_CA_SERVER", "false", "true"],
    ["env.EXTERNAL_CA", "ISTIOD_RA_KUBERNETES_API", ""],
    ["env.K8S_SIGNER", "example.com/foo", ""],
    ["env.PILOT_CERT_PROVIDER", "custom", "istiod"],
    ["env.ROOT_CA_DIR", "/etc/other", "/etc/cacerts"],
    [`${METADATA}.CA_ADDR`, "ca.example:443", "istiod.istio-system.svc:15012"],
    [`${METADATA}.CA_PROVIDER`, "GoogleCA", "Citadel"],
    [`${METADATA}.CA_ROOT_CA`, "SYSTEM", ""],
    [`${METADATA}.FILE_MOUNTED_CERTS`, "true", "false"],
    [`${METADATA}.PROV_CERT`, "/etc/certs", ""],
  ] as const) {
    it(`may not be set by ${path} of istiod's chart: ${String(refused)}`, () => {
      const faultsWith = (value: unknown) =>
        configFaults({ istio: { values: { istiod: valueOf(path, value) } } });
      assert.deepEqual(faultsWith(refused), [`istio.values.istiod.${path}`]);
      assert.deepEqual(faultsWith(accepted), []);
    });
  }

  it("may not be set by variables of istiod whose values are elsewhere", () => {
    const source = { valueFrom: { configMapKeyRef: { name: "x", key: "y" } } };
    const envVarFrom = [
      { name: "FOO", ...source },
      { name: "EXTERNAL_CA", ...source },
    ];
    assert.deepEqual(configFaults({ istio: { values: { istiod: { envVarFrom } } } }), [
      "istio.values.istiod.envVarFrom[1].name",
    ]);
  });

  it("may not be set for the gateway alone", () => {
    assert.deepEqual(configFaults({ gateway: { values: { env: { CA_ADDR: "ca.example:443" } } } }), [
      "gateway.values.env.CA_ADDR",
    ]);
  });
});
