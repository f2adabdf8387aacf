import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { identify } from "../../../lab/process.ts";
import { waitFor } from "../../../lab/ready.ts";
import { type DeclaredArgs, EngineFixture } from "../support/engineFixture.ts";
import { FaultProxy } from "../support/faultProxy.ts";
import { servicesOf } from "../support/faultSite.ts";
import { type RunningProcess, descendants } from "../support/processTree.ts";

const SERVICES = 200;
/** Duration of a write: the update must not end before it is interrupted. */
const WRITE_MILLISECONDS = 300;

describe("pulumi up, interrupted during many writes", () => {
  let fixture: EngineFixture;
  let stack: Stack;
  let declared: DeclaredArgs;
  let proxy: FaultProxy;

  before(async () => {
    fixture = await EngineFixture.start();
    const { server, certificateAuthority } = fixture.cluster.admin;
    proxy = await FaultProxy.start(server, certificateAuthority);
    const via = { server: proxy.url, certificateAuthority: proxy.certificate };
    const kubeconfig = fixture.cluster.writeKubeconfig("interrupt", undefined, via);
    stack = await fixture.makeStack("here", () => {
      const { imported } = fixture.declare({ ...declared, kubeconfig });
      return Promise.resolve({ imported });
    });
  });

  after(async () => {
    await fixture.stop();
    await proxy.stop();
  });

  const addressed = async (address: string): Promise<number> =>
    Object.values(await fixture.entries()).filter(({ spec }) => spec.endpoints[0]?.address === address)
      .length;

  /**
   * Declares all services behind a gateway, and begins an update; interrupts the CLI when it has sent 50 writes.
   * @returns the failure's message, and the provider process of the engine.
   */
  async function interrupt(
    address: string,
    signal: (cli: number) => Promise<void>,
  ): Promise<{ text: string; provider: RunningProcess }> {
    declared = { services: servicesOf(SERVICES), gateways: [{ address, port: 15443 }] };
    proxy.inject((method) => (method === "GET" ? undefined : { delay: WRITE_MILLISECONDS }));
    const written = proxy.writes(50);
    const failure = stack.up(fixture.printing).then(
      () => assert.fail("must fail"),
      (error: unknown) => (error as Error).message,
    );
    await Promise.race([written, failure]);
    const running = descendants();
    const cli = running.find(({ command }) => command.startsWith("pulumi up "));
    const provider = running.find(({ command }) => command.includes("cmd/dynamic-provider/index.js"));
    assert.ok(cli && provider, JSON.stringify(running));
    await signal(cli.pid);
    return { text: await failure, provider };
  }

  /** Asserts that the next update finishes and that no diff remains. */
  async function assertFinishes(address: string): Promise<void> {
    proxy.heal();
    assert.equal((await stack.up(fixture.printing)).outputs.imported?.value, SERVICES);
    assert.equal(await addressed(address), SERVICES);
    assert.equal(Object.keys(await fixture.entries()).length, SERVICES);
    assert.deepEqual((await stack.preview(fixture.printing)).changeSummary, { same: 2 });
  }

  it("stops all writes when killed in the first update; the next one finishes, and a refresh clears the creation", async () => {
    const { provider } = await interrupt("127.20.0.5", (cli) =>
      Promise.resolve(void process.kill(cli, "SIGKILL")),
    );
    await waitFor("the provider still runs", () => Promise.resolve(identify(provider.pid) === undefined), 60);
    assert.ok((await addressed("127.20.0.5")) < SERVICES);
    await stack.cancel();
    fixture.printed();
    await assertFinishes("127.20.0.5");
    assert.match(fixture.printed(), /1 pending operations[^]*::imports, interrupted while creating/);
    // As docs/troubleshooting.md has it.
    await stack.refresh({ ...fixture.printing, clearPendingCreates: true });
    const { deployment } = (await stack.exportStack()) as { deployment: object };
    assert.ok(!("pending_operations" in deployment), "the creation is still pending");
    assert.equal(await addressed("127.20.0.5"), SERVICES);
  });

  it("finishes the update on one interrupt", async () => {
    const { text } = await interrupt("127.20.0.3", (cli) =>
      Promise.resolve(void process.kill(cli, "SIGINT")),
    );
    assert.match(text, /update canceled/);
    assert.equal(await addressed("127.20.0.3"), SERVICES);
    await assertFinishes("127.20.0.3");
  });

  it("stops all writes on two interrupts, and the next update finishes", async () => {
    const { text, provider } = await interrupt("127.20.0.4", async (cli) => {
      process.kill(cli, "SIGINT");
      await sleep(200);
      process.kill(cli, "SIGINT");
    });
    assert.match(text, /terminating/);
    assert.equal(identify(provider.pid), undefined);
    assert.ok((await addressed("127.20.0.4")) < SERVICES);
    await assertFinishes("127.20.0.4");
  });

  it("ends the provider process when the CLI is killed in a preview, which writes nothing", async () => {
    declared = { services: servicesOf(1) };
    const declaring = await fixture.makeStack("preview", async () => {
      fixture.declare(declared);
      // The program is still busy when the CLI is killed.
      await new Promise(() => undefined);
      return {};
    });
    fixture.printed();
    const failure = declaring.preview(fixture.printing).then(
      () => assert.fail("must fail"),
      () => undefined,
    );
    await waitFor(
      "nothing is checked",
      () => Promise.resolve(fixture.output.join().includes("peer cluster-b")),
      60,
    );
    const running = descendants();
    const cli = running.find(({ command }) => command.startsWith("pulumi preview "));
    const provider = running.find(({ command }) => command.includes("cmd/dynamic-provider/index.js"));
    assert.ok(cli && provider, JSON.stringify(running));
    process.kill(cli.pid, "SIGKILL");
    await failure;
    await waitFor("the provider still runs", () => Promise.resolve(identify(provider.pid) === undefined), 20);
  });
});
