import assert from "node:assert/strict";
import { describeFault } from "../../../federation/core/fault.ts";
import {
  type HelmRelease,
  BASE_RELEASE,
  GATEWAY_RELEASE,
  helmReleaseFaults,
  unownedCrdWarnings,
} from "../../../federation/core/helmReleases.ts";
import { istiodRelease } from "../../../federation/core/revision.ts";

const ISTIOD_RELEASE = istiodRelease("default");

const release = (status: string, revision = 1): HelmRelease => ({ ...ISTIOD_RELEASE, status, revision });
const faults = (found: HelmRelease[], known: Parameters<typeof helmReleaseFaults>[1]): string[] =>
  helmReleaseFaults(found, known).map(describeFault);

describe("helmReleaseFaults", () => {
  for (const status of ["pending-install", "failed", "deployed", "uninstalled"]) {
    it(`reports a release in status ${status} that is not in the state, with the command for recovery`, () => {
      const [fault = "", ...others] = faults([release(status)], [BASE_RELEASE, GATEWAY_RELEASE]);
      assert.deepEqual(others, []);
      assert.match(
        fault,
        new RegExp(`^"istio-system/istiod" is a Helm release in the cluster \\(${status}\\)`),
      );
      assert.match(fault, /`kubectl -n istio-system delete secret -l owner=helm,name=istiod`/);
    });
  }

  it("reports each release of another name or namespace", () => {
    const found = [BASE_RELEASE, ISTIOD_RELEASE, GATEWAY_RELEASE].map((name) => ({
      ...name,
      status: "deployed",
      revision: 1,
    }));
    assert.equal(faults(found, []).length, 3);
    assert.equal(faults(found, [BASE_RELEASE, { ...GATEWAY_RELEASE, namespace: "other" }]).length, 2);
  });

  for (const status of ["deployed", "failed", "uninstalling", "superseded"]) {
    it(`accepts a release in status ${status} that is in the state or in an unreadable one`, () => {
      assert.deepEqual(faults([release(status)], [ISTIOD_RELEASE]), []);
      assert.deepEqual(faults([release(status)], undefined), []);
    });
  }

  it("reports an interrupted upgrade with the command that removes its revision", () => {
    const [fault = ""] = faults([release("pending-upgrade", 3)], [ISTIOD_RELEASE]);
    assert.match(fault, /status pending-upgrade, so Helm would refuse to upgrade it/);
    assert.match(
      fault,
      /run `pulumi up`: `kubectl -n istio-system delete secret sh\.helm\.release\.v1\.istiod\.v3`/,
    );
  });

  it("suggests a refresh when no revision remains", () => {
    assert.match(faults([release("pending-install")], [ISTIOD_RELEASE]).join(), /run `pulumi up --refresh`/);
  });
});

describe("unownedCrdWarnings", () => {
  it("name the commands by which Helm adopts the CRDs", () => {
    assert.deepEqual(unownedCrdWarnings([]), []);
    const [warning = ""] = unownedCrdWarnings(["gateways.networking.istio.io"]);
    assert.match(
      warning,
      /kubectl label --overwrite crd\/gateways\.networking\.istio\.io app\.kubernetes\.io\/managed-by=Helm/,
    );
    assert.match(
      warning,
      /meta\.helm\.sh\/release-name=istio-base meta\.helm\.sh\/release-namespace=istio-system/,
    );
  });
});
