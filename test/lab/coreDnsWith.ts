import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withStub } from "../../federation/corefile/place.ts";
import { waitFor } from "../../lab/ready.ts";
import { coreDnsProgram } from "../../lab/tools/coreDns.ts";
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

/**
 * Has CoreDNS run, while the tests of the suite do, with a block of ours beside somebody's, who answers for `plain.example`.
 * @returns what asks it.
 */
export function coreDnsWith(stub: string): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  let coreDns: ChildProcess;

  before(async () => {
    const file = join(await temporaryFolder("coredns"), "Corefile");
    // On this machine port 53 is somebody else's.
    const here = withStub(COREFILE, stub)
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

  return resolver;
}

/** The code of what a question fails with. */
export function failureOf(asking: Promise<unknown>): Promise<string | undefined> {
  return asking.then(
    () => "an answer",
    (error: unknown) => (error as NodeJS.ErrnoException).code,
  );
}
