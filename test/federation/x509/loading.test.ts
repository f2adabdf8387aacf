import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "../../..");

it("The program loads no library that writes certificates before it issues one", () => {
  const files = ["components", "discovery"].flatMap((folder) =>
    readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `./${folder}/${name}`),
  );
  const code = `
    const { registerHooks } = require("node:module");
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    Promise.all(${JSON.stringify(files)}.map((file) => import(file))).then(() => {
      process.stdout.write(loaded.join("\\n"));
      process.exit();
    });
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", code], { cwd: CHECKOUT, encoding: "utf8" });
  const loaded = stdout.split("\n");
  assert.ok(
    loaded.some((url) => url.endsWith("/federation/x509/der.ts")),
    stderr,
  );
  assert.deepEqual(
    loaded.filter((url) => /node_modules\/(?:@peculiar|node-forge\/lib\/x509)/.test(url)),
    [],
  );
});
