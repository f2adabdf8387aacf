import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { Resolver } from "node:dns/promises";
import { join } from "node:path";
import { waitFor } from "../../lab/ready.ts";
import { coreDnsProgram } from "../../lab/tools/coreDns.ts";
import { withStub } from "../../federation/corefile/place.ts";
import { renderStub } from "../../federation/corefile/stub.ts";
import { log } from "./sharedLab.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const ADDRESS = "127.10.0.53";
const PORT = 10053;

/** Somebody's Corefile, with a name of its own. */
const COREFILE = `.:53 {
    errors
    hosts {
        192.0.2.9 plain.example
    }
}
`;

describe("CoreDNS with the block for global names", () => {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  let coreDns: ChildProcess;

  before(async () => {
    const file = join(await temporaryFolder("coredns"), "Corefile");
    // On this machine port 53 is somebody else's.
    const here = withStub(COREFILE, renderStub("10.96.0.77"))
      .replaceAll(":53 {", `:${PORT} {`)
      .replaceAll("    errors", `    bind ${ADDRESS}\n    errors`);
    await writeFile(file, here);
    coreDns = spawn(await coreDnsProgram(log), ["-conf", file], { stdio: "ignore" });
    resolver.setServers([`${ADDRESS}:${PORT}`]);
    const answers = async () => (await resolver.resolve4("plain.example")).length > 0;
    await waitFor("CoreDNS does not answer", () => answers().catch(() => false), 30);
  });

  after(async () => {
    coreDns.kill();
    await once(coreDns, "exit");
  });

  const failure = (asking: Promise<unknown>) =>
    asking.then(
      () => "an answer",
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );

  it("leads global names to the one address, and to no address of the other family", async () => {
    assert.deepEqual(await resolver.resolve4("httpbin.bar.global"), ["10.96.0.77"]);
    assert.equal(await failure(resolver.resolve6("httpbin.bar.global")), "ENODATA");
    assert.equal(await failure(resolver.resolveTxt("httpbin.bar.global")), "ENODATA");
  });

  it("asks the node's resolvers for other names below the domain", async () => {
    for (const name of ["bar.global", "x.httpbin.bar.global"]) {
      assert.notEqual((await resolver.resolve4(name).catch(() => []))[0], "10.96.0.77", name);
    }
  });

  it("answers for the rest of its Corefile as before", async () => {
    assert.deepEqual(await resolver.resolve4("plain.example"), ["192.0.2.9"]);
  });
});
