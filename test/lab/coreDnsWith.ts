import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { neighboursIn } from "../../federation/corefile/neighbours.ts";
import { obstacleIn } from "../../federation/corefile/obstacle.ts";
import { withStub } from "../../federation/corefile/place.ts";
import type { Surroundings } from "../../federation/corefile/surroundings.ts";
import { waitFor } from "../../lab/ready.ts";
import { coreDnsProgram } from "../../lab/tools/coreDns.ts";
import { log } from "./sharedLab.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const ADDRESS = "127.10.0.53";
/** On this machine port 53 is somebody else's. */
const PORT = 10053;
const UPSTREAM_PORT = 10054;
/** Which only the one knows to whom others' names are sent on. */
export const ELSEWHERE = "elsewhere.svc.cluster-b.mesh";

/** Somebody's Corefile, on few addresses, with a name of its own, who sends other names on to somebody with another one. */
const COREFILE = `.:${PORT} {
    bind ${ADDRESS}
    errors
    hosts {
        192.0.2.9 plain.example
        fallthrough
    }
    forward . ${ADDRESS}:${UPSTREAM_PORT}
}
.:${UPSTREAM_PORT} {
    bind ${ADDRESS}
    errors
    hosts {
        192.0.2.7 ${ELSEWHERE}
    }
}
`;

/**
 * Has CoreDNS run, while the tests of the suite do, with a block of ours beside somebody's, who answers for `plain.example`.
 * @param render the block, for a port on which the others listen, by what stands around it.
 * @returns what asks it.
 */
export function coreDnsWith(
  render: (port: number, around: (zone: string) => Surroundings) => string,
): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  let coreDns: ChildProcess;

  before(async () => {
    const file = join(await temporaryFolder("coredns"), "Corefile");
    const stub = render(PORT, neighboursIn(COREFILE, PORT));
    assert.equal(obstacleIn(COREFILE, stub), undefined);
    await writeFile(file, withStub(COREFILE, stub));
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
