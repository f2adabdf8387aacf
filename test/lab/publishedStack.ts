import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { labPaths, stackEnvironment } from "../../lab/environment.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { ROOT_C } from "../federation/samples.ts";
import { signed } from "../federation/signers.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

/** A contract as another team's stack of the same project might publish it. */
export const CONTRACT_OF_C = {
  schemaVersion: 1,
  revision: 1,
  cluster: "cluster-c",
  clusterDomain: "cluster-c.local",
  trustDomain: "cluster-c.local",
  network: "network-c",
  rootCertificates: [ROOT_C],
  gateways: [{ address: "203.0.113.30", port: 15443 }],
  services: {
    "baz.team.svc.cluster-c.local": {
      ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
      subjectAltNames: ["spiffe://cluster-c.local/ns/team/sa/baz"],
    },
  },
};

/** Revision of the contract that was published last: each is newer than all before. */
let revision = 0;

/** Makes a stack in the lab's backend whose last update left these outputs, without a program. A contract is signed under its root. */
export async function publishStack(
  lab: RunningLab,
  name: string,
  outputs: Record<string, unknown>,
): Promise<void> {
  const folder = await projectFolder();
  const run = (...args: string[]) => pulumi(lab, name, folder, ...args);
  await run("stack", "init", name, "--no-select");
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${name}::istio-federation::${type}::istio-federation-${name}`;
  const { federation } = outputs;
  const contract = isContract(federation)
    ? await signed({ ...federation, revision: ++revision })
    : federation;
  const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "" };
  const deployment = {
    manifest,
    resources: [{ urn, custom: false, type, outputs: { ...outputs, federation: contract } }],
  };
  const file = join(folder, "state.json");
  await writeFile(file, JSON.stringify({ version: 3, deployment }));
  await run("stack", "import", "--file", file, "--stack", name);
}

function isContract(value: unknown): value is typeof CONTRACT_OF_C {
  return typeof value === "object" && value !== null && "rootCertificates" in value && "trustDomain" in value;
}

/** Takes such a stack away; nothing happens when it is gone already. */
export async function unpublishStack(lab: RunningLab, name: string): Promise<void> {
  const folder = await projectFolder();
  const run = (...args: string[]) => pulumi(lab, name, folder, ...args);
  const { stdout } = await run("stack", "ls", "--json");
  const stacks = JSON.parse(stdout) as { name: string }[];
  if (stacks.some((stack) => stack.name === name)) await run("stack", "rm", name, "--yes", "--force");
}

/** A project of the program's name, elsewhere, so that no stack file of the checkout is touched. */
async function projectFolder(): Promise<string> {
  const folder = await temporaryFolder("published-stack");
  await writeFile(join(folder, "Pulumi.yaml"), "name: istio-federation\nruntime: nodejs\n");
  return folder;
}

/** Runs Pulumi, and keeps its output with that of the other stacks' commands, to be searched for secrets. */
function pulumi({ dir, environment }: RunningLab, stack: string, cwd: string, ...args: string[]) {
  const { bin, logs } = labPaths(dir);
  const output = ["pipe", { file: join(logs, "pulumi-published.log"), append: true }] as const;
  const env = { ...stackEnvironment(environment, stack), PULUMI_OPTION_CWD: cwd };
  const options = { cwd, env, stdout: output, stderr: output };
  return execa(join(bin, "pulumi"), [...args, "--non-interactive"], options);
}
