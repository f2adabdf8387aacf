import assert from "node:assert/strict";
import type { AmbientClients } from "../../../federation/imports/ambientClients.ts";
import { planRegistrations } from "../../../federation/imports/registrations.ts";
import type { ClusterReadings } from "../../../federation/snapshot.ts";
import { runPart } from "../planContext.ts";
import { KUBECONFIG, LOCAL_CLUSTER, contractOf, validConfig } from "../samples.ts";

const AMBIENT = { "istio.io/dataplane-mode": "ambient" };
const INJECTED = { ...AMBIENT, "istio-injection": "enabled" };
const REVISION = { ...AMBIENT, "istio.io/rev": "canary" };
const SIDECAR = { ...AMBIENT, "security.istio.io/tlsMode": "istio" };

describe("Imports that namespaces in ambient mode see", () => {
  function warnings(
    reading: Partial<AmbientClients> | ClusterReadings["ambientClients"],
    peer: Record<string, unknown> = {},
    contract = contractOf(),
  ): string[] {
    const isReading = "forbidden" in reading || "unreachable" in reading;
    const ambientClients = isReading ? reading : { value: { namespaces: {}, pods: [], ...reading } };
    const raw = {
      ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG },
      peers: { "cluster-b": { stack: "b", ...peer } },
    };
    const given = { peers: { "cluster-b": { contract } }, snapshot: { cluster: { ambientClients } } };
    return runPart(validConfig(raw, "cluster-a"), given, (context) => planRegistrations(context, undefined))
      .warnings;
  }

  const all = { a: AMBIENT, b: AMBIENT, c: AMBIENT, d: AMBIENT, e: INJECTED, f: REVISION };

  it("cause one warning that names the first ones", () => {
    assert.deepEqual(warnings({ namespaces: all }), [
      "4 namespace(s) (a, b, c and 1 more): has/have workloads in ambient mode (label istio.io/dataplane-mode: ambient), whose calls to imported services fail: ztunnel sends them to the peer's gateway in plaintext. Give the callers sidecars (label istio-injection: enabled, or istio.io/rev with a named revision, instead of that one).",
    ]);
  });

  for (const [what, reading, peer, named] of [
    ["name those of exportTo only", { namespaces: all }, { exportTo: ["b", "e", "z"] }, "1 namespace(s) (b)"],
    [
      "name those of a rule's exportTo",
      { namespaces: all },
      { exportTo: ["z"], imports: [{ service: "*", exportTo: ["c"] }] },
      "1 namespace(s) (c)",
    ],
    [
      "name those with a Pod in ambient mode, unless it has a sidecar",
      {
        pods: [
          { namespace: "x", labels: AMBIENT },
          { namespace: "y", labels: SIDECAR },
        ],
      },
      { exportTo: ["x", "y"] },
      "1 namespace(s) (x)",
    ],
    ["name none that injects sidecars", { namespaces: { e: INJECTED, f: REVISION } }, {}, undefined],
    [
      "do not include the namespace of imports",
      { namespaces: { "istio-federation": AMBIENT } },
      {},
      undefined,
    ],
  ] as [string, Partial<AmbientClients>, object, string | undefined][]) {
    it(what, () => {
      const found = warnings(reading, peer as Record<string, unknown>).map((warning) =>
        warning.slice(0, warning.indexOf(":")),
      );
      assert.deepEqual(found, named === undefined ? [] : [named]);
    });
  }

  it("are not checked where nothing is imported", () => {
    const found = warnings({ namespaces: all }, { imports: [{ service: "*", skip: true }] });
    assert.ok(!found.join("\n").includes("ambient"), found.join("\n"));
  });

  it("cause a warning where they may not be listed", () => {
    const found = warnings({
      forbidden: "list namespaces",
      fault: { path: "kubeconfig.context", rule: "cannot list namespaces", remedy: "Allow it" },
    });
    assert.deepEqual(found, [
      "kubeconfig.context: may not list namespaces, so it is not checked whether imported services are called from namespaces in ambient mode. Allow its user to do this.",
    ]);
  });
});
