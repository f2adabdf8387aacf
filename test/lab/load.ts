import assert from "node:assert/strict";
import { LEAST_SHARE, Load as LabLoad } from "../../lab/workloads/load.ts";
import { log } from "./sharedLab.ts";

export type { Route } from "../../lab/workloads/load.ts";

/** A load that a test ends. */
export class Load extends LabLoad {
  /**
   * Ends the load. Expects that each request got a 200, and that they were as many as the rate makes.
   * @param what happened meanwhile, for the log.
   */
  async expectUninterrupted(what: string): Promise<void> {
    const { calls, due, failures } = await this.end();
    log(`${what}: ${failures.length} of ${calls} requests failed`);
    assert.deepEqual(failures, []);
    assert.ok(calls >= due * LEAST_SHARE, `only ${calls} of ${due} requests were made`);
  }
}
