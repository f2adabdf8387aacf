import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { CHECKOUT } from "../../lab/environment.ts";
import { contractOf } from "../federation/samples.ts";
import { signed } from "../federation/signers.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";

describe("npm run check-contract", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await temporaryFolder("check-contract");
    const write = (name: string, contract: object) => writeFile(join(folder, name), JSON.stringify(contract));
    await write("old.json", await signed(contractOf()));
    await write("new.json", await signed(contractOf({ revision: 2, services: {} })));
    await write("unsigned.json", contractOf({ revision: 2 }));
  });

  const check = (...args: string[]) =>
    execa(process.execPath, [join(CHECKOUT, "commands/checkContract.ts"), ...args], {
      cwd: folder,
      reject: false,
    });

  it("says what breaks, and ends with 1", async () => {
    const { stdout, exitCode } = await check("old.json", "new.json");
    assert.equal(stdout, 'breaking: services["bar.xyz.svc.cluster-b.local"] is not exported any more');
    assert.equal(exitCode, 1);
  });

  it("ends with 0 where nothing changes, and as data has no change", async () => {
    const { stdout, exitCode } = await check("old.json", "old.json", "--format", "json");
    assert.deepEqual([JSON.parse(stdout), exitCode], [{ changes: [] }, 0]);
  });

  it("ends with 0 where only more than is asked for breaks", async () => {
    assert.equal((await check("old.json", "new.json", "--fail-on", "refused")).exitCode, 0);
  });

  it("says that the signature is missing", async () => {
    const { stdout, exitCode } = await check("old.json", "unsigned.json");
    assert.match(stdout, /^refused: signature is missing/);
    assert.equal(exitCode, 1);
  });

  for (const [title, args, message] of [
    ["a file that is not there", ["old.json", "no.json"], /^no\.json cannot be read: ENOENT/],
    ["a file that is no contract", ["old.json", "../package.json"], /cannot be read|fault/],
    [
      "a reader that is no identity",
      ["old.json", "new.json", "--reader", "b"],
      /^--reader must be '<trust domain>/,
    ],
    ["an unknown option", ["old.json", "new.json", "--redaer", "b"], /unknown option '--redaer'/],
  ] as const)
    it(`ends with 2 for ${title}`, async () => {
      const { stderr, exitCode } = await check(...args);
      assert.match(stderr, message);
      assert.equal(exitCode, 2);
    });
});
