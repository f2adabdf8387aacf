import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Lab } from "../../lab/lab.ts";

/** A contract as another team's stack of the same project might publish it. */
export const CONTRACT_OF_C = {
  schemaVersion: 1,
  cluster: "cluster-c",
  clusterDomain: "cluster-c.local",
  trustDomain: "cluster-c.local",
  network: "network-c",
  gateways: [{ address: "203.0.113.30", port: 15443 }],
  services: {
    "baz.team.svc.cluster-c.local": {
      ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
      subjectAltNames: ["spiffe://cluster-c.local/ns/team/sa/baz"],
    },
  },
};

/**
 * Makes a stack in the lab's backend whose last update left these outputs, without a program.
 * @param outputs undefined: the stack is made and never updated.
 */
export async function publishStack(
  lab: Pick<Lab, "environment" | "tools">,
  name: string,
  outputs?: Record<string, unknown>,
): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), "published-stack-"));
  const run = (...args: string[]) => execa(lab.tools.programs.pulumi, args, { cwd, env: lab.environment });
  await writeFile(join(cwd, "Pulumi.yaml"), "name: istio-federation\nruntime: nodejs\n");
  await run("stack", "init", name, "--no-select", "--non-interactive");
  if (outputs === undefined) return;
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${name}::istio-federation::${type}::istio-federation-${name}`;
  const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "" };
  const deployment = { manifest, resources: [{ urn, custom: false, type, outputs }] };
  const file = join(cwd, "state.json");
  await writeFile(file, JSON.stringify({ version: 3, deployment }));
  await run("stack", "import", "--file", file, "--stack", name, "--non-interactive");
}

/** Takes such a stack away. */
export async function unpublishStack(lab: Pick<Lab, "environment" | "tools">, name: string): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), "published-stack-"));
  await writeFile(join(cwd, "Pulumi.yaml"), "name: istio-federation\nruntime: nodejs\n");
  const args = ["stack", "rm", name, "--yes", "--force", "--non-interactive"];
  await execa(lab.tools.programs.pulumi, args, { cwd, env: lab.environment });
}
