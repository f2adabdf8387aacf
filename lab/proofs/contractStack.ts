import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import type { LabCluster } from "../clusters.ts";
import { labPaths, stackEnvironment } from "../environment.ts";
import type { RunningLab } from "../lab.ts";
import type { Proof } from "./proof.ts";

/** A private key in clear, in PEM. */
const KEY = /PRIVATE KEY/;

/** A secret of Pulumi, which may be a key. */
const ENCRYPTED = /"ciphertext"/;

/** A peer reads a cluster's contract stack and nothing else: what its team may read, with its passphrase, has none of the cluster's keys. */
export function keysOutOfReach({ name: owner }: LabCluster, { name: peer }: LabCluster): Proof {
  const contractStack = `${owner}-contract`;
  return {
    claim: "a peer reads a contract stack, which has no key, and cannot decrypt the cluster's stack",
    caller: `stack ${peer}, with its passphrase`,
    callee: `stacks ${contractStack}, ${owner}`,
    run: async ({ lab }) => {
      const read = await stackOfPeer(lab, peer, owner);
      const state = await readState(lab, contractStack);
      const [byOwner, byPeer] = [await exportAs(lab, owner, owner), await exportAs(lab, peer, owner)];
      const unexpected = [
        ...(read === contractStack ? [] : [`${peer} reads stack ${String(read)}`]),
        ...(KEY.test(state) || ENCRYPTED.test(state) ? [`the state of ${contractStack} has a secret`] : []),
        // Without this, nothing would be proved by what the peer does not see.
        ...(KEY.test(byOwner) ? [] : [`the owner's passphrase shows no key of ${owner}`]),
        ...(KEY.test(byPeer) ? [`the peer's passphrase shows a key of ${owner}`] : []),
      ];
      const passed = unexpected.length === 0;
      return { passed, status: passed ? "no key" : "other", reason: unexpected.join(", ") };
    },
  };
}

/** The stack by which a cluster's config reads a peer. */
async function stackOfPeer({ dir }: RunningLab, cluster: string, peer: string): Promise<string | undefined> {
  const text = await readFile(join(labPaths(dir).stacks, `Pulumi.${cluster}.yaml`), "utf8");
  const { config } = parse(text) as { config: Record<string, Record<string, { stack?: string }>> };
  return config["istio-federation:peers"]?.[peer]?.stack;
}

/** A stack's state as the backend has it, which is what its readers get. */
async function readState({ dir }: RunningLab, stack: string): Promise<string> {
  return readFile(join(labPaths(dir).state, ".pulumi/stacks/istio-federation", `${stack}.json`), "utf8");
}

/**
 * Exports a stack's state with the passphrase of a reader's stack. Not by the lab's own means: they write down what is printed.
 * @returns the state as far as it could be decrypted, and what was said on the way.
 */
async function exportAs({ dir, environment }: RunningLab, reader: string, stack: string): Promise<string> {
  const args = ["stack", "export", "--show-secrets", "--non-interactive", "--stack", stack];
  const { all } = await execa(join(labPaths(dir).bin, "pulumi"), args, {
    cwd: dir,
    env: stackEnvironment(environment, reader),
    reject: false,
    all: true,
  });
  return all;
}
