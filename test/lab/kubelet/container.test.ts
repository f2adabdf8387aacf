import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Container } from "../../../lab/kubelet/container.ts";
import type { ContainerReport } from "../../../lab/kubelet/podWorker.ts";
import { ProcessTable } from "../../../lab/process.ts";
import { waitFor } from "../../../lab/ready.ts";

describe("Container", () => {
  let folder: string;
  let events: string[];
  let container: Container | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "container-"));
    events = [];
  });
  afterEach(async () => {
    await container?.stop(1);
    rmSync(folder, { recursive: true });
  });

  /** Starts a shell script as a container. @param port of an HTTP readiness probe. @param periodSeconds of that probe. */
  const start = (script: string, port?: number, periodSeconds = 1) => {
    container = new Container(
      {
        container: { name: "c" },
        init: false,
        process: {
          name: "test/c",
          command: "/bin/sh",
          args: ["-c", script],
          env: { GREETING: "hello" },
          cwd: folder,
          log: join(folder, "c.log"),
        },
        readinessProbe: port === undefined ? undefined : { httpGet: { path: "/ready", port }, periodSeconds },
        podIP: "127.0.0.1",
      },
      new ProcessTable(join(folder, "processes.json")),
      (event) => events.push(event),
    );
    container.start();
    return container;
  };
  const happened = (event: string | RegExp) =>
    waitFor(
      `no event ${String(event)} in ${events.join()}`,
      () => Promise.resolve(events.some((e) => e.match(event))),
      5,
    );

  const waitForReport = async (running: Container, holds: (report: ContainerReport) => boolean) => {
    await waitFor("the container is not as expected", () => Promise.resolve(holds(running.report)), 5);
    return running;
  };

  it("runs in its folder with its variables, logs, and is ready without a probe", async () => {
    const running = start("echo $GREETING from $PWD; sleep 60");
    await happened("ready");
    assert.equal(readFileSync(join(folder, "c.log"), "utf8"), `hello from ${folder}\n`);
    assert.ok(running.report.state.running);
  });

  it("starts again after a crash, and counts", async () => {
    const crashing = start("test -e crashed && exec sleep 60; touch crashed; exit 3");
    await happened(/ended with exit code 3, starts again in 1 s; see .*c\.log/);
    assert.equal(crashing.report.state.waiting?.reason, "CrashLoopBackOff");
    assert.equal(crashing.report.ready, false);
    const { report } = await waitForReport(crashing, ({ restarts, ready }) => restarts === 1 && ready);
    assert.ok(report.state.running);
  });

  it("is ready once its probe is answered, and not ready again when it is refused", async () => {
    let status = 503;
    const server = createServer((_request, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const probed = start("sleep 60", (server.address() as AddressInfo).port);
      await happened("started");
      assert.equal(probed.report.ready, false);
      status = 200;
      await happened(/^ready/);
      status = 503;
      await happened("not ready");
    } finally {
      server.close();
    }
  });

  it("is probed at once when it has started again, however rarely otherwise", async () => {
    const server = createServer((_request, response) => response.writeHead(200).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const crashing = start(
        "test -e crashed && exec sleep 60; touch crashed; sleep 0.5; exit 3",
        port,
        3600,
      );
      await happened(/^ready/);
      await happened("ended with exit code 3");
      await waitForReport(crashing, ({ restarts, ready }) => restarts === 1 && ready);
    } finally {
      server.close();
    }
  });

  it("ends at once when asked to, even while it waits to start again", async () => {
    const crashing = start("exit 1");
    await happened("starts again");
    const begin = performance.now();
    await crashing.stop(1);
    assert.ok(performance.now() - begin < 500);
  });
});
