import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type RootDirectives,
  obstacleIn,
  rootDirectives,
  withGlobalBlock,
} from "../../federation/topology/globalBlock.ts";
import { waitFor } from "../../lab/ready.ts";
import { coreDnsProgram } from "../../lab/tools/build.ts";
import { nextAddress } from "../providers/support/addresses.ts";
import { log } from "./sharedLab.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const ADDRESS = nextAddress();
/** On this machine port 53 is somebody else's. */
const PORT = 10053;
const UPSTREAM_PORT = 10054;
/** Name that only the server knows to which other names are forwarded. */
export const ELSEWHERE = "x.httpbin.bar.global";

/** Somebody's Corefile, on few addresses, with a name of its own, who sends other names on to somebody with another one. */
export const COREFILE = `.:${PORT} {
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
 * Runs CoreDNS, during the tests of the suite, with a block of ours beside somebody's, who answers for `plain.example`.
 * @param render the block, for a port on which the others listen, with the directives of their root block.
 * @returns what asks it.
 */
export function coreDnsWith(render: (port: number, root: RootDirectives) => string): Resolver {
  return coreDnsBy(() => {
    const block = render(PORT, rootDirectives(COREFILE, PORT));
    assert.equal(obstacleIn(COREFILE, block), undefined);
    return withGlobalBlock(COREFILE, block);
  });
}

/**
 * Runs CoreDNS, during the tests of the suite, by a Corefile that {@link COREFILE} became.
 * @returns what asks it.
 */
export function coreDnsBy(corefile: () => string | Promise<string>): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  let coreDns: ChildProcess;

  before(async () => {
    const file = join(await temporaryFolder("coredns"), "Corefile");
    await writeFile(file, await corefile());
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
