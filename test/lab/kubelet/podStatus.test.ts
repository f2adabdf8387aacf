import assert from "node:assert/strict";
import { podStatus, type ContainerReport } from "../../../lab/kubelet/podWorker.ts";
import { podFixture } from "./pods.ts";

const THEN = new Date("2026-01-01T00:00:00Z");
const NOW = new Date("2026-01-01T00:01:00Z");
const app: ContainerReport = {
  container: { name: "app", image: "i" },
  state: { running: { startedAt: THEN } },
  ready: true,
  restarts: 2,
  init: false,
};
const proxy: ContainerReport = { ...app, container: { name: "istio-proxy" }, init: true };

const conditionsOf = (reports: ContainerReport[]) =>
  Object.fromEntries(
    (podStatus(podFixture(), reports, NOW).conditions ?? []).map(({ type, status }) => [type, status]),
  );

describe("podStatus", () => {
  it("is pending, with its address, before containers start", () => {
    const status = podStatus(podFixture(), [], NOW);
    assert.equal(status.phase, "Pending");
    assert.deepEqual(
      [status.podIP, status.podIPs, status.hostIP],
      ["127.10.1.1", [{ ip: "127.10.1.1" }], "127.10.0.1"],
    );
    assert.equal(conditionsOf([]).Ready, "False");
  });

  it("is running and ready when all containers and native sidecars are", () => {
    const status = podStatus(podFixture(), [proxy, app], NOW);
    assert.equal(status.phase, "Running");
    assert.deepEqual(
      status.initContainerStatuses?.map(({ name }) => name),
      ["istio-proxy"],
    );
    assert.deepEqual(
      status.containerStatuses?.map(({ name, restartCount }) => [name, restartCount]),
      [["app", 2]],
    );
    assert.deepEqual(conditionsOf([proxy, app]), {
      PodScheduled: "True",
      Initialized: "True",
      ContainersReady: "True",
      Ready: "True",
    });
  });

  it("is running but not ready while the sidecar is not", () => {
    const reports = [{ ...proxy, ready: false }, app];
    assert.equal(podStatus(podFixture(), reports, NOW).phase, "Running");
    assert.equal(conditionsOf(reports).Ready, "False");
  });

  it("is pending while a container waits to start again", () => {
    const reports = [{ ...app, ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } }];
    assert.equal(podStatus(podFixture(), reports, NOW).phase, "Pending");
  });

  it("keeps the time of a condition that did not change", () => {
    const before = podStatus(podFixture(), [app], THEN);
    const pod = podFixture({ status: { ...podFixture().status, ...before } });
    const after = podStatus(pod, [{ ...app, ready: false }], NOW).conditions ?? [];
    assert.equal(after.find(({ type }) => type === "PodScheduled")?.lastTransitionTime, THEN);
    assert.equal(after.find(({ type }) => type === "Ready")?.lastTransitionTime, NOW);
  });
});
