import assert from "node:assert/strict";
import { execa } from "execa";
import { CHECKOUT } from "../../lab/environment.ts";
import { startLab } from "../../lab/lab.ts";
import { FEDERATION } from "../../lab/scenarios.ts";
import { log, sharedLab, type FederatedLab } from "./sharedLab.ts";
import { testProofs } from "./testProofs.ts";

describe("two federated clusters", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  testProofs(FEDERATION, () => federated);

  it("can be worked on from another shell, by `npm run lab -- exec`", async () => {
    const args = [
      "lab/main.ts",
      "exec",
      "pulumi",
      "stack",
      "output",
      "peers",
      "--json",
      "--stack",
      "cluster-a",
    ];
    const { stdout } = await execa(process.execPath, args, { cwd: CHECKOUT });
    assert.deepEqual(JSON.parse(stdout.slice(stdout.indexOf("{"))), {
      "cluster-b": { state: "ready", reason: "", since: "", imported: 1 },
    });
  });

  it("pass on the exit code of a command that another shell runs", async () => {
    const args = ["lab/main.ts", "exec", "sh", "-c", "exit 7"];
    const { exitCode } = await execa(process.execPath, args, { cwd: CHECKOUT, reject: false });
    assert.equal(exitCode, 7);
  });

  it("keep a second lab out of their folder, naming it and the process", async () => {
    const { dir } = federated.lab;
    const expected = new RegExp(`running already in ${dir} \\(process ${process.pid}\\)`);
    await assert.rejects(startLab({ dir, log, plugins: "auto" }), expected);
  });
});
