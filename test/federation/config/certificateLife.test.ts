import assert from "node:assert/strict";
import { configFaults } from "../samples.ts";

const LIFE = ["certificateAuthority.workloadCertificateHours"];

/** @param asked for by proxies, as Go writes durations. */
function faultsWith(hours: number | undefined, asked: string, certificateAuthority: object = {}): string[] {
  const proxyMetadata = { SECRET_TTL: asked };
  const istio = { values: { istiod: { meshConfig: { defaultConfig: { proxyMetadata } } } } };
  const life = hours === undefined ? {} : { workloadCertificateHours: hours };
  return configFaults({ istio, certificateAuthority: { ...life, ...certificateAuthority } });
}

describe("The lifetime of workload certificates", () => {
  it("is at most the wait of a root's rotation", () => {
    assert.deepEqual(faultsWith(undefined, "24h"), []);
    assert.deepEqual(faultsWith(undefined, "24h1s"), LIFE);
    assert.deepEqual(faultsWith(48, "36h30m"), []);
    assert.deepEqual(faultsWith(0.5, "1800s"), []);
    assert.deepEqual(faultsWith(0.5, "31m"), LIFE);
    const istio = { values: { istiod: { env: { DEFAULT_WORKLOAD_CERT_TTL: "48h" } } } };
    assert.deepEqual(configFaults({ istio }), LIFE);
  });

  it("is not checked when the duration is invalid", () => {
    assert.deepEqual(faultsWith(undefined, "a while"), []);
  });

  it("may be 0 in the phase that drops a root", () => {
    const rotation = (phase: string) => ({ rotation: { root: 2, phase } });
    assert.deepEqual(faultsWith(0, "24h", rotation("drop")), []);
    assert.deepEqual(faultsWith(0, "24h", rotation("sign")), LIFE);
    assert.deepEqual(faultsWith(0, "24h"), LIFE);
  });
});
