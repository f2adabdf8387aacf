import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import type { RunRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { programArguments, runProgram } from "../../../../lab/plugins/languageHost.ts";

describe("The language host's run of a program", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "istio-federation-run-"));
  });

  afterEach(() => {
    delete process.env.PULUMI_LANGUAGE_NODEJS_RUN_PATH;
    rmSync(folder, { recursive: true });
  });

  function request(options: Record<string, boolean | string> = { typescript: false }): RunRequest {
    const info = new languagePb.ProgramInfo()
      .setRootDirectory("/root-of-project")
      .setProgramDirectory(folder)
      .setEntryPoint("index.ts")
      .setOptions(structPb.Struct.fromJavaScript(options));
    const run = new languagePb.RunRequest()
      .setProject("p")
      .setStack("s")
      .setPwd(folder)
      .setParallel(4)
      .setDryrun(true)
      .setMonitorAddress("127.0.0.1:1")
      .setOrganization("organization")
      .setConfigsecretkeysList(["p:token"])
      .setInfo(info);
    run.getConfigMap().set("p:token", "t").set("other:config:a", "b");
    return run;
  }

  /** Runs this instead of @pulumi/pulumi/cmd/run. */
  function program(source: string): void {
    const file = join(folder, "run.cjs");
    writeFileSync(file, source);
    process.env.PULUMI_LANGUAGE_NODEJS_RUN_PATH = file;
  }

  it("passes the flags of Pulumi's own host, and the entry point last", () => {
    assert.deepEqual(programArguments(request(), "127.0.0.1:2"), [
      ...[
        "--monitor",
        "127.0.0.1:1",
        "--engine",
        "127.0.0.1:2",
        "--organization",
        "organization",
        "--project",
        "p",
      ],
      ...[
        "--root-directory",
        "/root-of-project",
        "--stack",
        "s",
        "--pwd",
        folder,
        "--parallel",
        "4",
        "--dry-run",
      ],
      "index.ts",
    ]);
  });

  it("gives the program its configuration, and says nothing of a compiler that is off", async () => {
    program(`require("node:fs").writeFileSync("env.json", JSON.stringify(process.env))`);
    assert.deepEqual(await runProgram(request(), "e"), { error: "", bail: false });
    const environment = JSON.parse(readFileSync(join(folder, "env.json"), "utf8")) as Record<string, string>;
    assert.deepEqual(JSON.parse(environment["PULUMI_CONFIG"] ?? ""), {
      "p:config:token": "t",
      "other:config:a": "b",
    });
    assert.equal(environment["PULUMI_CONFIG_SECRET_KEYS"], '["p:token"]');
    assert.equal(environment["PULUMI_NODEJS_TYPESCRIPT"], undefined);
  });

  it("passes arguments for node", async () => {
    program(`require("node:fs").writeFileSync("argv.json", JSON.stringify(process.execArgv))`);
    await runProgram(request({ nodeargs: "--stack-size=900 --no-warnings" }), "e");
    assert.equal(readFileSync(join(folder, "argv.json"), "utf8"), '["--stack-size=900","--no-warnings"]');
  });

  it("leaves the last word to a program that has reported its error", async () => {
    program("process.exit(32)");
    assert.deepEqual(await runProgram(request(), "e"), { error: "", bail: true });
  });

  it("reports any other exit code, and the end by a signal", async () => {
    program("process.exit(3)");
    assert.equal((await runProgram(request(), "e")).error, "Program exited with non-zero exit code: 3");
    program("process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 10000)");
    assert.equal((await runProgram(request(), "e")).error, "Program exited with non-zero exit code: 137");
  });

  it("says what to do where the SDK is not installed", async () => {
    await assert.rejects(
      runProgram(request(), "e"),
      /@pulumi\/pulumi is not installed in .*: run `npm ci` there/,
    );
  });
});
