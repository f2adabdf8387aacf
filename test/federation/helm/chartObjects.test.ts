import assert from "node:assert/strict";
import { describeFault } from "../../../federation/core/fault.ts";
import { formatPlace } from "../../../federation/core/installation.ts";
import { istiodName, istiodRelease } from "../../../federation/core/revision.ts";
import {
  type UnownedObject,
  chartObjects,
  isOwnedBy,
  unownedObjectFindings,
} from "../../../federation/helm/chartObjects.ts";

const ISTIOD_RELEASE = istiodRelease("default");

const role = (changes: Partial<UnownedObject> = {}): UnownedObject => ({
  ...{ kind: "ClusterRole", namespace: undefined, name: "istiod-clusterrole-istio-system" },
  ...{ release: ISTIOD_RELEASE, isCertain: true, owner: undefined },
  ...changes,
});
const faults = (...objects: UnownedObject[]): string[] =>
  unownedObjectFindings(objects).faults.map(describeFault);

describe("Objects of charts that are there already", () => {
  it("of no release are a fault with the commands that delete or adopt them", () => {
    assert.deepEqual(faults(role()), [
      '"ClusterRole istiod-clusterrole-istio-system" is there already, of no Helm release, so Helm would refuse to install ' +
        "istio-system/istiod (invalid ownership metadata). If no other Istio uses it, delete it " +
        "(`kubectl delete clusterrole/istiod-clusterrole-istio-system`) or let the release adopt it: " +
        "`kubectl label --overwrite clusterrole/istiod-clusterrole-istio-system app.kubernetes.io/managed-by=Helm` and " +
        "`kubectl annotate --overwrite clusterrole/istiod-clusterrole-istio-system meta.helm.sh/release-name=istiod " +
        "meta.helm.sh/release-namespace=istio-system`.",
    ]);
  });

  it("of another release name it, and how it is uninstalled", () => {
    const [fault = ""] = faults(role({ owner: { namespace: "istio-system", name: "istio-old" } }));
    assert.match(fault, /already, of Helm release istio-system\/istio-old, so/);
    assert.match(
      fault,
      /uninstall that release \(`helm uninstall istio-old -n istio-system`\), delete it \(`kubectl delete /,
    );
  });

  it("of our release without Helm's label name the label", () => {
    const [fault = ""] = faults(role({ owner: ISTIOD_RELEASE }));
    assert.match(fault, /already, without the label app\.kubernetes\.io\/managed-by: Helm, so/);
    assert.doesNotMatch(fault, /uninstall/);
  });

  it("are all reported at once, those in namespaces with them in the commands", () => {
    const account = role({ kind: "ServiceAccount", namespace: "istio-system", name: "istiod" });
    assert.equal(faults(role(), account).length, 2);
    assert.match(faults(account).join(), /`kubectl delete serviceaccount\/istiod -n istio-system`/);
  });

  it("are a warning where values of the user may leave them out", () => {
    const { faults: none, warnings } = unownedObjectFindings([role({ isCertain: false })]);
    assert.deepEqual(none, []);
    assert.match(warnings.join(), /\(invalid ownership metadata\), if the values make it a part of that\. /);
  });
});

describe("Objects of two revisions", () => {
  const objectsOf = (revision: string) =>
    chartObjects({
      ...{ base: {}, gateway: {}, revision },
      istiods: [
        {
          revision,
          values: {
            ...{ jwksResolverExtraRootCA: "x", autoscaleMin: 2, gatewayClasses: { istio: {} } },
            experimental: { stableValidationPolicy: true },
            global: { networkPolicy: {} },
          },
        },
      ],
    }).filter(({ release }) => release.name === istiodName(revision));

  for (const [one, other] of [
    ["default", "1-31"],
    ["1-30", "1-31"],
    ["1", "1-1"],
    ["a", "a-istio-system"],
    ["clusterrole", "default"],
    ["validator", "default"],
  ] as const)
    it(`${one} and ${other} have no name in common`, () => {
      const names = objectsOf(one).map(formatPlace);
      assert.ok(names.length > 20);
      assert.deepEqual(
        objectsOf(other)
          .map(formatPlace)
          .filter((name) => names.includes(name)),
        [],
      );
    });
});

describe("isOwnedBy", () => {
  const labels = { "app.kubernetes.io/managed-by": "Helm" };
  const annotations = {
    "meta.helm.sh/release-name": "istiod",
    "meta.helm.sh/release-namespace": "istio-system",
  };
  for (const [title, marks, expected] of [
    ["all marks of the release", { labels, annotations }, true],
    ["no label", { labels: {}, annotations }, false],
    ["another manager", { labels: { "app.kubernetes.io/managed-by": "x" }, annotations }, false],
    ["no annotations", { labels, annotations: {} }, false],
    ["another release", { labels, annotations: { ...annotations, "meta.helm.sh/release-name": "x" } }, false],
    [
      "another namespace",
      { labels, annotations: { ...annotations, "meta.helm.sh/release-namespace": "x" } },
      false,
    ],
  ] as const) {
    it(`is ${expected} for ${title}`, () => {
      assert.equal(isOwnedBy(ISTIOD_RELEASE, marks), expected);
    });
  }
});
