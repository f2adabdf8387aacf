import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { CLUSTERS, EQUAL_CLUSTERS } from "../../../lab/clusters.ts";
import { labPaths } from "../../../lab/environment.ts";
import {
  chooseScenario,
  EQUAL_DOMAINS_OF_THREE,
  EXISTING,
  FEDERATION,
  FEDERATION_OF_THREE,
  scenarioOf,
  SCENARIOS,
} from "../../../lab/scenarios.ts";
import { type StackFileConfig, writeProject } from "../../../lab/stackFile.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

describe("the lab's scenarios", () => {
  it("are chosen by name, or by topology and number of clusters, as few clusters as may be unless asked", () => {
    assert.equal(chooseScenario({}), FEDERATION);
    assert.equal(chooseScenario({ count: 3 }), FEDERATION_OF_THREE);
    for (const scenario of SCENARIOS) {
      const { name, topology, clusters } = scenario;
      assert.equal(chooseScenario({ name }), scenario);
      const count = clusters.length;
      const first = SCENARIOS.find((each) => each.topology === topology && each.clusters.length === count);
      assert.equal(chooseScenario({ topology, count }), first);
    }
  });

  it("say so when there is none of that kind", () => {
    const choose = () => chooseScenario({ topology: "single-mesh", count: 3 });
    assert.throws(choose, /there is no lab of 3 clusters for topology single-mesh/);
  });

  it("are known by the clusters of a lab that runs", () => {
    for (const scenario of SCENARIOS) assert.equal(scenarioOf(scenario), scenario);
    assert.throws(() => scenarioOf({ clusters: [...CLUSTERS, ...EQUAL_CLUSTERS] }), /shows nothing/);
  });

  it("update the stacks of a federation so that each sees all others in the end", () => {
    assert.deepEqual(FEDERATION.updates, ["cluster-a", "cluster-b", "cluster-a"]);
    assert.deepEqual(FEDERATION_OF_THREE.updates, [
      "cluster-a",
      "cluster-b",
      "cluster-c",
      "cluster-a",
      "cluster-b",
    ]);
  });

  it("have addresses of their own for each cluster", () => {
    for (const { clusters } of SCENARIOS)
      for (const key of ["name", "network", "serviceRange"] as const)
        assert.equal(new Set(clusters.map((cluster) => cluster[key])).size, clusters.length);
  });

  for (const { name: of, clusters, changeStackFile } of [
    FEDERATION_OF_THREE,
    EQUAL_DOMAINS_OF_THREE,
    EXISTING,
  ])
    it(`have in ${of} stacks that name both others, in one namespace each`, async () => {
      const dir = await temporaryFolder("project");
      const { stacks } = labPaths(dir);
      await mkdir(stacks);
      await writeProject({ dir, clusters }, changeStackFile);
      for (const { name } of clusters) {
        const text = await readFile(join(stacks, `Pulumi.${name}.yaml`), "utf8");
        const { config } = parse(text) as { config: StackFileConfig };
        const peers = config["istio-federation:peers"] as Record<
          string,
          { stack: string; exportTo: string[] }
        >;
        const others = clusters.map((cluster) => cluster.name).filter((other) => other !== name);
        assert.deepEqual(Object.keys(peers).sort(), others);
        assert.deepEqual(
          Object.values(peers)
            .map(({ stack }) => stack)
            .sort(),
          others.map((other) => `${other}-contract`),
        );
        assert.equal(new Set(Object.values(peers).map(({ exportTo }) => exportTo.join())).size, 1);
      }
    });
});
