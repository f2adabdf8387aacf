import assert from "node:assert/strict";
import { ClusterError } from "../../../kubernetes/errors.ts";
import { Progress, type Write, runWrites } from "../../../providers/importedServices/writes.ts";

const COUNT = 200;

/** This many writes, of which those at or after `from` fail. */
function writes(from: number, error: Error): { all: Write[]; tried: string[] } {
  const tried: string[] = [];
  const all = Array.from({ length: COUNT }, (_, index) => ({
    host: `s${index}`,
    objects: [],
    declares: true,
    finish: undefined,
    run: () => {
      tried.push(`s${index}`);
      return index < from ? Promise.resolve() : Promise.reject(error);
    },
  }));
  return { all, tried };
}

const silent = (): Progress =>
  new Progress(
    () => "",
    COUNT,
    () => undefined,
  );
const clusterError = (general: boolean): ClusterError =>
  new ClusterError("cluster", { operation: "apply it", cause: "no", general });

describe("Many writes", () => {
  it("continue when one fails for a reason of its own", async () => {
    const { all, tried } = writes(150, clusterError(false));
    const undone = await runWrites(all, silent());
    assert.equal(tried.length, COUNT);
    assert.deepEqual(
      undone.map(({ host, reason }) => [host, reason]),
      all.slice(150).map(({ host }) => [host, "cluster: cannot apply it: no"]),
    );
  });

  it("are finished when all have run, except the failed ones", async () => {
    const { all, tried } = writes(150, clusterError(false));
    const finished = all.map((write): Write => ({
      ...write,
      finish: () => {
        tried.push(`${write.host} finished`);
        return write.host === "s7" ? Promise.reject(clusterError(false)) : Promise.resolve();
      },
    }));
    const undone = await runWrites(finished, silent());
    assert.deepEqual(
      tried.slice(0, COUNT),
      all.map(({ host }) => host),
    );
    assert.deepEqual(
      tried.slice(COUNT),
      all.slice(0, 150).map(({ host }) => `${host} finished`),
    );
    assert.deepEqual(
      undone.map(({ host }) => host),
      ["s7", ...all.slice(150).map(({ host }) => host)],
    );
  });

  it("all run when one fails late for a common reason", async () => {
    const { all, tried } = writes(COUNT, clusterError(false));
    let first = true;
    const undone = await runWrites(
      all.map((write): Write => ({
        ...write,
        finish: () => {
          tried.push("finish");
          const passed = first;
          first = false;
          return passed ? Promise.resolve() : Promise.reject(clusterError(true));
        },
      })),
      silent(),
    );
    assert.deepEqual(
      tried.slice(0, COUNT),
      all.map(({ host }) => host),
    );
    assert.ok(tried.length < COUNT + 100, `${tried.length} tried`);
    assert.deepEqual(
      undone.map(({ host }) => host),
      all.slice(1).map(({ host }) => host),
    );
  });

  for (const [what, error] of [
    ["for a reason common to all", clusterError(true)],
    ["by a defect of this program", new TypeError("oops")],
  ] as const) {
    it(`stop when one fails ${what}, and name all that are not done`, async () => {
      const { all, tried } = writes(50, error);
      const undone = await runWrites(all, silent());
      assert.ok(tried.length < 100, `${tried.length} tried`);
      assert.deepEqual(
        undone.map(({ host }) => host),
        all.slice(50).map(({ host }) => host),
      );
      assert.deepEqual(
        undone.filter(({ reason }) => reason !== undefined).map(({ host }) => host),
        tried.slice(50),
      );
    });
  }
});
