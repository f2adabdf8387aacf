import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { CHECKOUT, labPaths, stackEnvironment } from "../../lab/environment.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { stealAuthority } from "../../lab/proofs/forgery.ts";
import { privateKeysIn } from "../../lab/proofs/secretForms.ts";
import { SecretSearch, type Secrets } from "../../lab/proofs/secretSearch.ts";

/** The secrets of a lab: of its clusters and stacks, and those that tests bring along. */
export class LabSecrets implements Secrets {
  readonly keys = new Map<string, string>();
  readonly texts = new Map<string, string>();

  /** The keys with which istiod signs just now; where there is none, or no answer, nothing. */
  async noteIntermediates({ kubeconfig, clusters }: RunningLab): Promise<void> {
    for (const { name } of clusters) {
      const { key = "" } = (await stealAuthority(kubeconfig, name).catch(() => undefined)) ?? {};
      if (key !== "") this.keys.set(key, `the key of ${name}'s intermediate`);
    }
  }

  /** All keys in the states of stacks, by default of those named as the clusters, as Pulumi decrypts them, and the administrators' tokens. */
  async noteStates(
    { dir, kubeconfig, environment, clusters }: RunningLab,
    stacks: readonly string[] = clusters.map(({ name }) => name),
  ): Promise<void> {
    for (const name of stacks) {
      // Not by the lab's own means: they write down what is printed.
      const args = ["stack", "export", "--show-secrets", "--non-interactive", "--stack", name];
      const options = { cwd: CHECKOUT, env: stackEnvironment(environment, name) };
      const { stdout } = await execa(join(labPaths(dir).bin, "pulumi"), args, options);
      for (const pem of privateKeysIn(stdout)) this.keys.set(pem, `a key in the state of ${name}`);
    }
    const { users } = parse(await readFile(kubeconfig, "utf8")) as {
      users: { name: string; user: { token: string } }[];
    };
    for (const { name, user } of users) this.texts.set(user.token, `the token of ${name}'s administrator`);
  }

  /**
   * Searches all that the lab's programs wrote: what Pulumi printed, whether it succeeded or not, the logs of the control planes
   * and of all containers, and Pulumi's backend with its history and backups. Not searched are places of secrets: etcd and the volumes
   * of Pods, which hold Secrets as they are, the certificates of the API servers, and the kubeconfig.
   *
   * @param printed what was printed elsewhere, by where.
   */
  async findIn(dir: string, printed: Readonly<Record<string, string>> = {}): Promise<string[]> {
    if (this.keys.size === 0 || this.texts.size === 0) throw new Error("no secrets of the lab are known");
    const search = new SecretSearch(this);
    const { logs, state } = labPaths(dir);
    const inFiles = await search.inFolders(logs, state);
    return [...inFiles, ...Object.entries(printed).flatMap(([where, text]) => search.inText(where, text))];
  }
}
