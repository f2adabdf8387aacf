import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { KubernetesService, Workload } from "../../../federation/exports/clusterServices.ts";
import { bar, byName, cluster, found, offerOf, offeredBar, pod, exportsIn } from "./exportsFixture.ts";
import { barService } from "../samples.ts";

describe("The identities of an export", () => {
  it("are the distinct service accounts behind a Service, sorted", () => {
    const workloads = [
      { ...pod, serviceAccount: "zeta" },
      pod,
      pod,
      { ...pod, serviceAccount: "" },
      { ...pod, serviceAccount: "other", labels: { ...pod.labels, app: "other" } },
      { ...pod, serviceAccount: "foreigner", namespace: "abc" },
    ];
    assert.deepEqual(offerOf({}, workloads).offered?.subjectAltNames, [
      "spiffe://b.example/ns/xyz/sa/bar",
      "spiffe://b.example/ns/xyz/sa/zeta",
    ]);
  });

  it("prevent the export where they are unknown", () => {
    const held = { offered: undefined, warned: ["Service xyz/bar.selector"] };
    assert.deepEqual(offerOf({}, []), held);
    assert.deepEqual(offerOf({}, [{ ...pod, serviceAccount: "" }]), held);
    assert.deepEqual(offerOf({ selector: {} }), held);
  });

  it("stay as last published without workloads, with today's ports and a warning", () => {
    const last = {
      "bar.xyz.svc.cluster-b.local": {
        ports: [{ number: 1, name: "old", protocol: "TCP" as const }],
        subjectAltNames: ["spiffe://b.example/ns/xyz/sa/before"],
        peers: ["cluster-a"],
      },
    };
    const { services, warnings } = exportsIn(found({ services: [bar] }), byName, cluster, last);
    assert.deepEqual(services, {
      "bar.xyz.svc.cluster-b.local": {
        ports: offeredBar.ports,
        subjectAltNames: ["spiffe://b.example/ns/xyz/sa/before"],
      },
    });
    assert.deepEqual(
      warnings.map(({ path, rule }) => [path, rule]),
      [
        [
          "Service xyz/bar.selector",
          "selects no workload whose service account is known, so the identities last published stay",
        ],
      ],
    );
  });

  it("are not kept of a Service with workloads, or without selector, rule or existence", () => {
    const last = {
      "bar.xyz.svc.cluster-b.local": { ...barService, subjectAltNames: ["spiffe://b.example/old"] },
    };
    const offers = (services: KubernetesService[], workloads: Workload[], rules = byName) =>
      exportsIn(found({ services, workloads }), rules, cluster, last).services;
    assert.deepEqual(offers([bar], [pod]), { "bar.xyz.svc.cluster-b.local": offeredBar });
    assert.deepEqual(offers([], []), {});
    assert.deepEqual(offers([bar], [], []), {});
    assert.deepEqual(offers([{ ...bar, selector: {} }], []), {});
    const annotations = { "istio-federation.dev/subject-alt-names": "wrong" };
    assert.deepEqual(offers([{ ...bar, annotations }], []), {});
  });

  it("are those of the annotation, if in this trust domain", () => {
    const annotated = (ids: string) =>
      offerOf({ selector: {}, annotations: { "istio-federation.dev/subject-alt-names": ids } }, []);
    assert.deepEqual(
      annotated("spiffe://b.example/ns/xyz/sa/z, spiffe://b.example/vm/1").offered?.subjectAltNames,
      ["spiffe://b.example/ns/xyz/sa/z", "spiffe://b.example/vm/1"],
    );
    for (const ids of ["", "bar", "spiffe://a.example/ns/xyz/sa/bar", "spiffe://b.example/x,"]) {
      assert.deepEqual(annotated(ids), {
        offered: undefined,
        warned: ['Service xyz/bar.annotations["istio-federation.dev/subject-alt-names"]'],
      });
    }
  });
});
