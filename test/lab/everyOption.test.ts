import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { type JsonSchema, configSchemas } from "../../federation/config/stackFile.ts";
import { CLUSTERS, EQUAL_CLUSTERS, type LabCluster, MESH_CLUSTERS } from "../../lab/clusters.ts";
import { labPaths } from "../../lab/environment.ts";
import { writeProject } from "../../lab/stackFile.ts";
import { useEveryOption } from "./everyOption.ts";
import type { StackFileConfig } from "./stackFile.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

/** Options that exclude others, each with where the lab uses it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "certificateAuthority.provided": "providedAuthority.lab.ts",
  "istio.charts.repository": "charts come from a folder",
  "istio.charts.version": "charts come from a folder",
  "gateway.service.loadBalancerClass": "needs type LoadBalancer: gatewayService.test.ts",
  "gateway.service.loadBalancerIP": "needs type LoadBalancer: gatewayService.test.ts",
  "gateway.service.loadBalancerSourceRanges":
    "needs type LoadBalancer: test/providers/gatewayAddresses.lab.ts",
  "gateway.service.allocateLoadBalancerNodePorts":
    "needs type LoadBalancer: test/providers/gatewayAddresses.lab.ts",
  "gateway.service.healthCheckNodePort": "needs type LoadBalancer: test/providers/gatewayAddresses.lab.ts",
  "gateway.service.nodePort": "needs another type than ClusterIP: test/providers/gatewayAddresses.lab.ts",
  "gateway.existing": "instead of the program's gateway: ownersGateway.test.ts",
  "traffic.egress": "needs a gateway or a firewall of its owner: egress.test.ts",
  traffic: "needs objects of its own: trafficSchemas.test.ts, trafficShortcuts.test.ts",
  notify: "needs somebody to tell: contractNotification.test.ts",
  publish: "a gateway of its own: peers.lab.ts",
  "peers.<name>.identity.roots": "trust.lab.ts",
  "peers.<name>.identity.signingKey": "is for peers with an Istio of their own: sender.test.ts",
  "peers.<name>.file": "excludes stack: contractDocuments.test.ts",
  "peers.<name>.url": "excludes stack: contractDocuments.test.ts",
  "peers.<name>.deckhouse": "excludes stack: deckhouseDocuments.test.ts",
  "peers.<name>.certificateAuthority": "needs url: contractDocuments.test.ts",
  "peers.<name>.headers": "needs url: contractDocuments.test.ts",
  "peers.<name>.trustsRoots": "is for peers without outputs: peerTrustStates.test.ts",
  "peers.<name>.acceptContract": "is for one contract: sender.test.ts",
  "brake.acceptWithdrawal": "is for one change of exports: withdrawals.test.ts",
  "certificateAuthority.shared.roots": "a fingerprint that is made in the lab",
  "singleMesh.longLivedTokens": "excludes tokenHours",
  "singleMesh.apiServer.certificateAuthority": "made in the lab",
  contractOf: "a stack without options to combine: federation.lab.ts",
  "istio.revision": "needs workloads that move: test/components/revisions.test.ts",
  "istio.former": "needs workloads that move: test/components/revisions.test.ts",
  "istio.existing": "instead of istio.values: npm run demo -- --scenario existing",
  rootAuthority: "a stack without options to combine: replicated.lab.ts",
};

describe("the configs that use every option", () => {
  it("leave out no field of the schema, but for those that exclude others", async () => {
    const used = new Set<string>();
    for (const [topology, stack, clusters] of [
      ["federation", "cluster-a", CLUSTERS],
      ["replicated", "replicated-1", EQUAL_CLUSTERS],
      ["single-mesh", "mesh-east", MESH_CLUSTERS],
    ] as const) {
      const config = await stackConfig(stack, clusters);
      useEveryOption(topology, config);
      for (const [key, value] of Object.entries(config))
        collect(value, key.replace("istio-federation:", ""), used);
    }
    const missing = Object.entries(configSchemas())
      .flatMap(([key, schema]) => leaves(schema, key))
      .filter(
        (path) => !Object.keys(ELSEWHERE).some((known) => path === known || path.startsWith(`${known}.`)),
      )
      .filter((path) => ![...used].some((each) => each === path || each.startsWith(`${path}.`)));
    assert.deepEqual(missing, []);
  });
});

async function stackConfig(stack: string, clusters: readonly LabCluster[]): Promise<StackFileConfig> {
  const dir = await temporaryFolder("every-option");
  const { stacks } = labPaths(dir);
  await mkdir(stacks);
  await writeProject({ dir, clusters });
  return (parse(await readFile(join(stacks, `Pulumi.${stack}.yaml`), "utf8")) as { config: StackFileConfig })
    .config;
}

/** Paths of the fields of a schema that have no fields themselves. */
function leaves(schema: JsonSchema, path: string): string[] {
  const { properties, items, additionalProperties } = schema;
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([key, value]) => leaves(value, `${path}.${key}`));
  if (items?.properties !== undefined) return leaves(items, path);
  if (typeof additionalProperties === "object" && additionalProperties.properties !== undefined)
    return leaves(additionalProperties, `${path}.<name>`);
  return [path];
}

/** Paths of a value's fields, with `<name>` for the names of peers and clusters. */
function collect(value: unknown, path: string, into: Set<string>): void {
  into.add(path);
  if (Array.isArray(value)) for (const entry of value) collect(entry, path, into);
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) {
      const isName = path === "peers" || path === "rootAuthority.clusters";
      collect(inner, `${path}.${isName ? "<name>" : key}`, into);
    }
}
