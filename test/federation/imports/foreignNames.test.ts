import assert from "node:assert/strict";
import { describeFault } from "../../../federation/core/fault.ts";
import type { ForeignEntry } from "../../../federation/core/hostConflict.ts";
import type { ForeignService } from "../../../federation/imports/localNames.ts";
import { planRegistrations } from "../../../federation/imports/registrations.ts";
import type { ClusterReadings } from "../../../federation/snapshot.ts";
import { type SampleReading, runPart } from "../planContext.ts";
import { UNREACHABLE_CLUSTER, faultsIn } from "../planning.ts";
import { BAR, KUBECONFIG, LOCAL_CLUSTER, contractOf, validConfig } from "../samples.ts";

/** Imports the peer's service under two names, with a local Service. */
const CONFIG = validConfig(
  {
    ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, dns: { services: {} } },
    peers: { "cluster-b": { stack: "b", exportTo: ["client"], imports: [{ as: ["bar.example.org"] }] } },
  },
  "cluster-a",
);
const entry = (name: string, hosts: string[], labels: Record<string, string> = {}): ForeignEntry => ({
  namespace: "shop",
  name,
  labels,
  hosts,
});
const named = (name: string): ForeignService => ({ name, labels: {} });
const forbidden = (operation: string) => ({
  forbidden: operation,
  fault: { path: "kubeconfig.context", rule: `cannot ${operation}`, remedy: "Allow it" },
});

describe("Hosts of imports that others have", () => {
  const warnings = (
    cluster: Partial<ClusterReadings>,
    reading: SampleReading = { contract: contractOf() },
    config = CONFIG,
  ) =>
    runPart(config, { peers: { "cluster-b": reading }, snapshot: { cluster } }, (context) =>
      planRegistrations(context, undefined),
    ).warnings;
  const held = (cluster: Partial<ClusterReadings>) => {
    const given = { peers: { "cluster-b": { contract: contractOf() } }, snapshot: { cluster } };
    const { result, errors } = runPart(CONFIG, given, (context) => planRegistrations(context, undefined));
    const { services, heldNames } = result.peers["cluster-b"] ?? assert.fail();
    return { errors, services: Object.keys(services), heldNames };
  };

  it("do not exist without objects of others", () => {
    const cluster = {
      serviceEntries: { value: [entry("other", ["www.example.org"]), entry("x", [])] },
      importNamespaceServices: { value: [named("other")] },
    };
    assert.deepEqual(warnings(cluster), []);
  });

  it("are held, with an error naming the owner, where a ServiceEntry has them", () => {
    const labels = { "app.kubernetes.io/managed-by": "Helm" };
    const items = [entry("pay", ["bar.example.org"], labels), entry("wide", ["*.svc.cluster-b.local"])];
    const { errors, services, heldNames } = held({ serviceEntries: { value: items } });
    assert.deepEqual([services, heldNames], [[BAR], ["bar.example.org"]]);
    assert.equal(errors.length, 1);
    assert.match(
      errors[0] ?? "",
      /^peers\.cluster-b\.imports: "bar\.example\.org" is a host of ServiceEntry shop\/pay too, which is labelled app\.kubernetes\.io\/managed-by=Helm/,
    );
  });

  it("are a warning where a wildcard host covers them", () => {
    const items = [entry("wide", ["*.svc.cluster-b.local"])];
    const [warning, ...others] = warnings({ serviceEntries: { value: items } });
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      new RegExp(`"${BAR}" lies in '\\*\\.svc\\.cluster-b\\.local' of ServiceEntry shop/wide`),
    );
  });

  it("are all reported at once, of ServiceEntries and Services", () => {
    const { errors, services, heldNames } = held({
      serviceEntries: { value: [entry("x", [BAR])] },
      importNamespaceServices: { value: [named("bar-xyz-cluster-b")] },
    });
    assert.deepEqual([services, heldNames], [["bar.example.org"], [BAR]]);
    assert.deepEqual(
      errors.map((error) => error.split('" ')[0]),
      [`peers.cluster-b.imports: "${BAR}`, 'dns.services.name: "bar-xyz-cluster-b'],
    );
  });

  it("are not checked, with a warning, for kinds that the user may not read", () => {
    assert.deepEqual(
      warnings({
        serviceEntries: forbidden("list serviceentries in all namespaces"),
        importNamespaceServices: forbidden("list services in namespace istio-federation"),
      }),
      [
        "kubeconfig.context: may not list serviceentries in all namespaces, so it is not checked whether ServiceEntries of others have names that are imported. Allow its user to do this.",
        "kubeconfig.context: may not list services in namespace istio-federation, so it is not checked whether Services of others have names that local Services are to have. Allow its user to do this.",
      ],
    );
  });

  it("are not checked where the cluster is unreachable", () => {
    assert.deepEqual(warnings(UNREACHABLE_CLUSTER), []);
  });

  it("are not checked for a pending peer, nor Services without local Services", () => {
    const cluster = {
      serviceEntries: forbidden("list serviceentries"),
      importNamespaceServices: forbidden("list services"),
    };
    const pending = warnings(cluster, { pending: "its stack does not exist" });
    assert.deepEqual(pending, ["Peer cluster-b is pending: its stack does not exist"]);
    const withoutDns = { ...CONFIG, dns: undefined };
    const [warning, ...others] = warnings(cluster, { contract: contractOf() }, withoutDns);
    assert.deepEqual(others, []);
    assert.match(warning ?? "", /may not list serviceentries/);
  });

  it("are a fault where the cluster refuses to list them for another reason", () => {
    const refused = { faults: [{ path: "kubeconfig.context", rule: "cannot list", remedy: "Check it" }] };
    assert.deepEqual(faultsIn(() => warnings({ serviceEntries: refused })).map(describeFault), [
      "kubeconfig.context: cannot list. Check it.",
    ]);
  });
});
