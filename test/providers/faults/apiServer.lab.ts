import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultSite, failing } from "../support/faultSite.ts";
import { FaultsFixture } from "../support/faultsFixture.ts";
import { TestCluster } from "../support/testCluster.ts";

const SERVICES = 400;

describe("An API server that fails during 400 writes", () => {
  let fixture: FaultsFixture;
  let site: FaultSite;

  before(async () => {
    // One of its own: other suites need theirs alive, and with room for writes.
    const cluster = await TestCluster.start("api-server");
    await cluster.installIstioKinds();
    fixture = await FaultsFixture.start(cluster);
    site = await fixture.site("api-server");
  });

  after(async () => {
    await fixture.stop();
    await fixture.cluster.stop();
  });

  beforeEach(() => {
    site.proxy.heal();
  });

  /** Kills the API server after 100 writes, and starts it again. */
  async function whileRestarting<T>(work: () => Promise<T>): Promise<T> {
    const reached = site.proxy.writes(100);
    const result = work();
    await reached;
    const restart = await fixture.cluster.killApiServer();
    await sleep(1000);
    await restart();
    return result;
  }

  it("is waited for when killed and restarted during a create", async () => {
    const declared = site.inputs(SERVICES);
    assert.equal((await whileRestarting(() => site.create(declared))).imported, SERVICES);
    await site.assertThere(declared);
  });

  it("is waited for when killed and restarted during an update that adds, changes and removes", async () => {
    const state = site.inputs(SERVICES);
    const changed = site.changed(SERVICES - 100);
    assert.equal((await whileRestarting(() => site.update(state, changed))).imported, SERVICES - 100);
    await site.assertThere(changed);
  });

  it("is waited for when killed and restarted during a delete", async () => {
    await whileRestarting(() => site.delete(site.inputs(0)));
    await site.assertThere(site.inputs(0));
  });

  it("stops the update at once when etcd's quota is used up, and the next update finishes", async () => {
    const declared = site.inputs(SERVICES);
    const reached = site.proxy.writes(100);
    const failure = failing(site.create(declared));
    await reached;
    await fixture.cluster.setReadOnly(true);
    const failed = await failure;
    await fixture.cluster.setReadOnly(false);
    const requests = site.proxy.requests.length;
    assert.ok(requests < 360, `${requests} requests`);
    const there = (await site.entries()).length;
    assert.equal(failed.state?.imported, there);
    const [sum, cause, ...more] = failed.text.split("\n");
    assert.match(
      sum ?? "",
      new RegExp(`^${there} of 400 services are registered as declared\\. Stopped with`),
    );
    assert.match(
      cause ?? "",
      /etcd accepts no writes, as its database is full \(etcdserver: mvcc: database space exceeded\)\. Make room/,
    );
    assert.deepEqual(more, []);
    await site.assertFinishes(failed, declared);
  });
});
