import assert from "node:assert/strict";
import { type FaultSite, failing } from "../support/faultSite.ts";
import { FaultsFixture } from "../support/faultsFixture.ts";
import { sharedCluster } from "../support/sharedCluster.ts";

const SERVICES = 150;
/** Writes before the end of the process. */
const DONE = 50;

describe("The provider process, ended during many writes", () => {
  let fixture: FaultsFixture;
  let site: FaultSite;

  before(async () => {
    fixture = await FaultsFixture.start(await sharedCluster());
    site = await fixture.site("processes");
  });

  after(() => fixture.stop());

  afterEach(() => site.clear());

  /** Ends the process after 50 writes. @returns the entries as they were then */
  async function endDuring(work: () => Promise<unknown>, end: () => Promise<void>) {
    const reached = site.proxy.writes(DONE);
    const failure = failing(work());
    await reached;
    await end();
    const { state } = await failure;
    assert.equal(state, undefined, "the engine hears nothing of what was done");
    await fixture.restartProvider();
    return site.entries();
  }

  const ends: [string, () => Promise<void>][] = [
    ["killed, as when the system is out of memory", () => fixture.provider.kill()],
    ["orphaned by a killed engine", () => fixture.provider.abandon()],
  ];
  for (const [how, end] of ends) {
    it(`${how}, in a create: the next create adopts the written entries`, async () => {
      const declared = site.inputs(SERVICES);
      const there = await endDuring(() => site.create(declared), end);
      assert.ok(there.length >= DONE && there.length < SERVICES, `${there.length} entries`);
      const state = await site.create(declared);
      assert.equal(state.imported, SERVICES);
      await site.assertThere(declared);
      const uids = new Set((await site.entries()).map(({ metadata }) => metadata.uid));
      assert.deepEqual(
        there.filter(({ metadata }) => !uids.has(metadata.uid)),
        [],
        "made anew",
      );
    });

    it(`${how}, in an update: the next update finishes`, async () => {
      const state = await site.create(site.inputs(SERVICES));
      const changed = site.changed(SERVICES);
      await endDuring(() => site.update(state, changed), end);
      assert.equal((await fixture.provider.diff(site.id, state, changed)).changes, true);
      await site.update(state, changed);
      await site.assertThere(changed);
    });

    it(`${how}, in a delete: the next delete removes the rest`, async () => {
      const state = await site.create(site.inputs(SERVICES));
      const there = await endDuring(() => site.delete(state), end);
      assert.ok(there.length > 0 && there.length <= SERVICES - DONE, `${there.length} entries`);
      await site.delete(state);
      await site.assertThere(site.inputs(0));
    });
  }
});
