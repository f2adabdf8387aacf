import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { LabCluster } from "../clusters.ts";
import { labPaths } from "../environment.ts";
import type { RunningLab } from "../lab.ts";
import type { Proof } from "./proof.ts";
import { privateKeysIn } from "./secretForms.ts";
import { SecretSearch } from "./secretSearch.ts";
import { exportState } from "./stackState.ts";

/** A secret of Pulumi, which may be a key: its mark (sdk/go/common/resource/sig/sig.go), or what is encrypted. */
const ENCRYPTED = /1b47061264138c4ac30d75fd1eb44270|"ciphertext"/;

/** A peer reads a cluster's contract stack and nothing else: what its team may read, with its passphrase, has none of the cluster's keys. */
export function keysOutOfReach({ name: owner }: LabCluster, { name: peer }: LabCluster): Proof {
  const contractStack = `${owner}-contract`;
  return {
    claim: "a peer reads a contract stack, which has no key, and cannot decrypt the cluster's stack",
    caller: `stack ${peer}, with its passphrase`,
    callee: `stacks ${contractStack}, ${owner}`,
    run: async ({ lab }) => {
      const read = await stackOfPeer(lab, peer, owner);
      const [byOwner, byPeer] = [await exportState(lab, owner, owner), await exportState(lab, peer, owner)];
      const keys = privateKeysIn(byOwner);
      const unexpected = [
        ...(read === contractStack ? [] : [`${peer} reads stack ${String(read)}`]),
        ...(await secretsOf(lab, contractStack, keys)),
        // Without this, nothing would be proved by what the peer does not see.
        ...(keys.length > 0 ? [] : [`the owner's passphrase shows no key of ${owner}`]),
        ...new SecretSearch(named(keys)).inText(`${owner} as ${peer} decrypts it`, byPeer),
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

/**
 * Searches all that the backend has of a stack, which is what its readers get: its state, history and backups.
 * @param keys of the cluster, PEM, which are looked for in every form.
 */
async function secretsOf({ dir }: RunningLab, stack: string, keys: readonly string[]): Promise<string[]> {
  const entries = await readdir(labPaths(dir).state, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file.split("/").some((part) => part === stack || part.startsWith(`${stack}.`)));
  if (files.length === 0) return [`there is no state of ${stack}`];
  const search = new SecretSearch(named(keys));
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, "latin1");
      return [...search.inText(file, text), ...(ENCRYPTED.test(text) ? [`${file}: a secret`] : [])];
    }),
  );
  return found.flat();
}

function named(keys: readonly string[]) {
  return { keys: new Map(keys.map((pem) => [pem, "a key of the cluster"])) };
}
