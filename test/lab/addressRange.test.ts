import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { temporaryFolder } from "./temporaryFolder.ts";

const HOLDER = join(import.meta.dirname, "rangeHolder.ts");

/** Message of a process that takes a range of addresses. */
interface Answer {
  range?: number;
  network?: string;
  failure?: string;
}

describe("ranges of loopback addresses", () => {
  const holders: ReturnType<typeof fork>[] = [];
  afterEach(() => {
    for (const holder of holders.splice(0)) holder.kill("SIGKILL");
  });

  /** Has a process of its own take a range, and keep it. @param range that `LAB_RANGE` names; left out: any. */
  async function take(dir: string, range?: number): Promise<Answer> {
    const holder = fork(HOLDER, [dir], { env: { ...process.env, LAB_RANGE: range?.toString() } });
    holders.push(holder);
    const [answer] = (await once(holder, "message")) as [Answer];
    return answer;
  }

  it("are taken by one process each, which others cannot have by number, and hear of its folder and pid", async () => {
    const [one, other] = [await take("/home/anna/.lab"), await take("/home/ben/.lab")];
    assert.notEqual(one.range, undefined);
    assert.notEqual(one.range, other.range);
    assert.notEqual(one.network, other.network);
    const { failure } = await take("/home/eve/.lab", one.range);
    assert.match(
      failure ?? "",
      new RegExp(`in use by the lab in /home/anna/\\.lab \\(process ${holders[0]!.pid}\\)`),
    );
  });

  it("are free again once their process has ended, however it did", async () => {
    const { range } = await take(await temporaryFolder("range"));
    holders[0]!.kill("SIGKILL");
    await once(holders[0]!, "exit");
    assert.equal((await take("/elsewhere", range)).range, range);
  });
});
