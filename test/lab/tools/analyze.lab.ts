import assert from "node:assert/strict";
import { type AnalyzerSettings, analyze } from "../../../lab/tools/analyze.ts";

const labels = { app: "foo" };
const metadata = { name: "foo", namespace: "abc" };
const HOST = "foo.abc.svc.cluster.local";

/** A Service of a namespace in the mesh, and its Pod. */
const WORKLOAD = [
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "abc", labels: { "istio-injection": "enabled" } },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { selector: labels, ports: [{ name: "http", port: 80, protocol: "TCP" }] },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, labels },
    spec: { containers: [{ name: "istio-proxy", image: "istio/proxyv2" }] },
  },
];

function networking(kind: string, spec: object): object {
  return { apiVersion: "networking.istio.io/v1", kind, metadata, spec };
}

function route(...destinations: object[]): object {
  return networking("VirtualService", { hosts: [HOST], http: [{ route: destinations }] });
}

const PORT = { number: 443, name: "https", protocol: "HTTPS" };
const TLS_GATEWAY = networking("Gateway", {
  selector: labels,
  servers: [{ hosts: ["foo.example"], port: PORT, tls: { mode: "SIMPLE", credentialName: "cert" } }],
});
const TCP_ENTRY = networking("ServiceEntry", {
  hosts: ["db.example"],
  ports: [{ number: 5432, name: "tcp", protocol: "TCP" }],
  resolution: "DNS",
});
const RULE = networking("DestinationRule", { host: "foo.abc.svc.east.example" });
const ALLOCATION =
  "defaultConfig: { proxyMetadata: { ISTIO_META_DNS_AUTO_ALLOCATE: 'true', ISTIO_META_DNS_CAPTURE: 'true' } }";

describe("istioctl analyze, of objects without a cluster", () => {
  const cases: Record<string, { objects: object[]; settings?: AnalyzerSettings; codes: string[] }> = {
    "a rule for a Service": { objects: [networking("DestinationRule", { host: HOST })], codes: [] },
    "a rule for no Service": {
      objects: [networking("DestinationRule", { host: "fo.abc.svc.cluster.local" })],
      codes: ["IST0174"],
    },
    "a rule for a Service of another cluster domain": { objects: [RULE], codes: ["IST0174"] },
    "a rule for a Service of this cluster domain": {
      objects: [RULE],
      settings: { clusterDomain: "east.example" },
      codes: [],
    },
    "a rule for a longer domain than this cluster's": {
      objects: [RULE],
      settings: { clusterDomain: "east" },
      codes: ["IST0174"],
    },
    "a route to a Service": { objects: [route({ destination: { host: HOST } })], codes: [] },
    "a route to a subset without a rule": {
      objects: [route({ destination: { host: HOST, subset: "v2" } })],
      codes: ["IST0101"],
    },
    "weights of 0": {
      objects: [
        route({ destination: { host: HOST }, weight: 0 }, { destination: { host: "foo" }, weight: 0 }),
      ],
      codes: ["IST0106"],
    },
    "a Gateway without its Secret and its port": { objects: [TLS_GATEWAY], codes: ["IST0101", "IST0162"] },
    "an entry for TCP without an address": { objects: [TCP_ENTRY], codes: ["IST0134"] },
    "an entry for TCP without an address, in a mesh whose proxies allocate one": {
      objects: [TCP_ENTRY],
      settings: { meshConfig: ALLOCATION },
      codes: [],
    },
  };

  for (const [what, { objects, settings, codes }] of Object.entries(cases))
    it(`${codes.length === 0 ? "says nothing of" : "reports"} ${what}`, async () => {
      const messages = await analyze([...WORKLOAD, ...objects], settings);
      assert.deepEqual(
        messages.map(({ code }) => code),
        codes,
        JSON.stringify(messages),
      );
    });

  it("names the object and the level", async () => {
    const [message] = await analyze([...WORKLOAD, TLS_GATEWAY]);
    assert.equal(message?.level, "Error");
    assert.equal(message.origin, "Gateway abc/foo");
    assert.match(message.message, /cert/);
  });
});
