import assert from "node:assert/strict";
import { checkPrerequisites, type RunCommand } from "../../lab/prerequisites.ts";

describe("the check of the machine", () => {
  const answers: Record<string, string> = {
    "npm --version": "11.0.0",
    "go version": "go version go1.26.8 linux/amd64",
    "python3 -m pip --version": "pip 23.2.1 from /usr/lib/python3/pip (python 3.11)",
  };
  const machine =
    (changed: Record<string, string | undefined>): RunCommand =>
    (command, args) =>
      Promise.resolve({ ...answers, ...changed }[[command, ...args].join(" ")]);

  it("passes where everything is there", () => checkPrerequisites(machine({}), "linux"));

  it("tells everything that is missing at once, each with a remedy", async () => {
    const nothing = machine({
      "npm --version": undefined,
      "go version": undefined,
      "python3 -m pip --version": undefined,
    });
    await assert.rejects(checkPrerequisites(nothing, "darwin"), (error: Error) => {
      for (const part of [
        /Linux: this is darwin/,
        /npm 10 or later: `npm --version` fails\. Install/,
        /Go 1\.\d+.* Install/,
        /Python 3 .* Install/,
      ]) {
        assert.match(error.message, part);
      }
      return true;
    });
  });

  it("refuses a Go that is older than go.mod asks for, and names both versions", async () => {
    const old = machine({ "go version": "go version go1.19.8 linux/amd64" });
    await assert.rejects(checkPrerequisites(old, "linux"), /Go 1\.26\.0 or later: this is 1\.19\.8/);
  });

  it("refuses an npm before 10, and names both versions", async () => {
    const old = machine({ "npm --version": "9.9.4" });
    await assert.rejects(checkPrerequisites(old, "linux"), /npm 10 or later: this is 9\.9\.4/);
  });

  it("accepts a Go release candidate's successor and patch releases", () =>
    checkPrerequisites(machine({ "go version": "go version go1.27.1 linux/arm64" }), "linux"));

  it("refuses a pip of Python 2", async () => {
    const two = machine({ "python3 -m pip --version": "pip 20.3 from /usr/lib/python2.7 (python 2.7)" });
    await assert.rejects(checkPrerequisites(two, "linux"), /Python 3 with pip/);
  });
});
