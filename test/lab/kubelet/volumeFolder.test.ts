import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount, writeVolume } from "../../../lab/kubelet/volumes.ts";

describe("a volume's folder", () => {
  let base: string;
  let folder: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "volume-"));
    folder = join(base, "volume");
  });
  afterEach(() => {
    rmSync(base, { recursive: true });
  });

  const write = (files: Record<string, string>) =>
    writeVolume(
      folder,
      new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])),
    );
  const visible = () =>
    readdirSync(folder)
      .filter((name) => !name.startsWith(".."))
      .sort();
  const read = (path: string) => readFileSync(join(folder, path), "utf8");

  it("holds the files, nested ones too", async () => {
    assert.equal(await write({ a: "1", "sub/b": "2" }), true);
    assert.deepEqual(visible(), ["a", "sub"]);
    assert.equal(read("a") + read("sub/b"), "12");
  });

  it("is not touched by the same contents", async () => {
    await write({ a: "1", "sub/b": "2" });
    const before = readlinkSync(join(folder, "..data"));
    assert.equal(await write({ "sub/b": "2", a: "1" }), false);
    assert.equal(readlinkSync(join(folder, "..data")), before);
  });

  it("swaps to new contents by one link, and keeps nothing of the old", async () => {
    await write({ a: "1", b: "2" });
    assert.equal(await write({ a: "3", c: "4" }), true);
    assert.deepEqual(visible(), ["a", "c"]);
    assert.equal(read("a"), "3");
    assert.equal(readdirSync(folder).filter((name) => name.startsWith("..contents-")).length, 1);
  });

  it("becomes empty when its source vanishes and fills again", async () => {
    await write({ a: "1" });
    await write({});
    assert.deepEqual(visible(), []);
    await write({ a: "1" });
    assert.deepEqual(visible(), ["a"]);
  });

  it("keeps what containers write into an emptyDir", async () => {
    await writeVolume(folder, undefined);
    writeFileSync(join(folder, "socket"), "");
    assert.equal(await writeVolume(folder, undefined), false);
    assert.deepEqual(visible(), ["socket"]);
  });

  it("is seen through its mount, and so is a volume that is mounted inside it", async () => {
    const root = join(base, "rootfs");
    await write({ "root-cert.pem": "PEM" });
    const inner = join(base, "inner");
    await writeVolume(inner, new Map([["ca.crl", Buffer.from("CRL")]]));
    await mount(root, "/var/run/secrets/istio", folder);
    await mount(root, "/var/run/secrets/istio/crl", inner);
    assert.equal(readFileSync(join(root, "var/run/secrets/istio/root-cert.pem"), "utf8"), "PEM");
    assert.equal(readFileSync(join(root, "var/run/secrets/istio/crl/ca.crl"), "utf8"), "CRL");
    await write({ "root-cert.pem": "PEM 2" });
    assert.equal(readFileSync(join(root, "var/run/secrets/istio/crl/ca.crl"), "utf8"), "CRL");
  });
});
