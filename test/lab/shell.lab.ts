import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { execa } from "execa";
import { CLUSTERS } from "../../lab/clusters.ts";
import { CHECKOUT, LAB_FOLDER, labPaths, readSession } from "../../lab/environment.ts";
import { LabSecrets } from "./labSecrets.ts";

describe("a lab that a person works on by hand", function () {
  this.timeout(1_200_000);
  let started = false;
  /** Output of commands. */
  let told = "";

  before(() => {
    assert.equal(readSession(LAB_FOLDER), undefined, "end the lab first: npm run lab -- down");
    started = true;
  });

  after(async () => {
    if (started) await lab("down");
  });

  it("starts with workloads and both stacks, cluster-a selected, so that a bare `pulumi preview` works", async () => {
    const { exitCode, all } = await lab("exec", "pulumi", "preview");
    assert.equal(exitCode, 0, all);
    assert.match(all, /Previewing update \(cluster-a\)/);
    assert.match(
      all,
      /Peer cluster-b is pending: stack \S+cluster-b-contract has no output `federation` yet/,
    );
    assert.doesNotMatch(all, /is no Service of this cluster yet/, "foo is there to be exported");
    const { stdout } = await lab("exec", "pulumi", "stack", "ls", "--json");
    const stacks = JSON.parse(stdout) as { name: string; current: boolean }[];
    assert.deepEqual(
      stacks.map(({ name, current }) => ({ name, current })),
      CLUSTERS.flatMap(({ name }) => [
        { name, current: name === "cluster-a" },
        { name: `${name}-contract`, current: false },
      ]),
    );
  });

  it("says what is to be done first when it is asked for proofs too early", async () => {
    const { exitCode, all } = await lab("prove");
    assert.equal(exitCode, 1);
    assert.match(all, /stack cluster-a has not converged/);
    assert.match(all, /npm run lab -- workloads/);
    assert.doesNotMatch(all, /at .*\.ts:\d+/, "no stack trace");
  });

  for (const name of ["cluster-a", "cluster-a-contract", "cluster-b", "cluster-b-contract", "cluster-a"]) {
    it(`is federated by hand: PULUMI_CONFIG_PASSPHRASE=${name} pulumi up -s ${name}`, async () => {
      const pulumi = ["env", `PULUMI_CONFIG_PASSPHRASE=${name}`, "pulumi"];
      const { exitCode, all } = await lab("exec", ...pulumi, "up", "-s", name, "--yes", "--skip-preview");
      assert.equal(exitCode, 0, all);
    });
  }

  it("then gives its workloads sidecars, and proves the federation", async () => {
    const workloads = await lab("workloads");
    assert.equal(workloads.exitCode, 0, workloads.all);
    const { exitCode, all } = await lab("prove");
    assert.equal(exitCode, 0, all);
    assert.match(all, /cluster-a abc\/foo .* bar\.xyz\.svc\.cluster-b\.local .* 200 /);
    assert.match(all, /all \d+ proofs passed/);
  });

  it("opens the person's shell with hints, passes on its exit code, and stays", async () => {
    const shell = lab();
    shell.stdin.end("pulumi stack output peers\nexit 3\n");
    const { exitCode, all } = await shell;
    assert.equal(exitCode, 3, all);
    assert.match(all, /npm run lab -- prove/);
    assert.match(all, /"cluster-b": ?\{.*"state": ?"ready"/);
    assert.ok(readSession(LAB_FOLDER));
  });

  it("has neither printed nor stored a secret in clear", async () => {
    const secrets = new LabSecrets();
    const { environment = {}, clusters } = readSession(LAB_FOLDER)!;
    const { kubeconfig } = labPaths(LAB_FOLDER);
    const running = { dir: LAB_FOLDER, clusters, kubeconfig, environment };
    await secrets.noteIntermediates(running);
    await secrets.noteStates(running);
    assert.deepEqual(await secrets.findIn(LAB_FOLDER, { "what was printed": told }), []);
  });

  it("is gone after `down`", async () => {
    const { exitCode, all } = await lab("down");
    assert.equal(exitCode, 0, all);
    assert.equal(existsSync(LAB_FOLDER), false);
  });

  /** `npm run lab -- <args>`, in a shell where the person had another program's stack in mind. */
  function lab(...args: string[]) {
    // The lab has a range of addresses of its own, and not that of this process.
    const env = { PULUMI_STACK: "of-another-program", SHELL: "/bin/sh", LAB_RANGE: undefined };
    const options = { cwd: CHECKOUT, env, reject: false, all: true } as const;
    const running = execa(process.execPath, ["lab/main.ts", ...args], options);
    running.all.on("data", (text: Buffer) => (told += text.toString()));
    return running;
  }
});
