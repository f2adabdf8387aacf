import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CoreDnsBlock } from "../../providers/coreDnsBlock.ts";
import { GatewayAddresses } from "../../providers/gatewayAddresses.ts";
import { ImportedServices } from "../../providers/importedServices.ts";
import { Leftovers } from "../../providers/leftovers.ts";
import { ReaderToken } from "../../providers/readerToken.ts";
import { SignedAuthority } from "../../providers/signedAuthority.ts";
import { TrustAnchor } from "../../providers/trustAnchor.ts";
import { NO_IMPORTS } from "./support/importsFixture.ts";
import { ProviderProcess, providerText } from "./support/providerProcess.ts";

const CHECKOUT = join(import.meta.dirname, "../..");

const gateway = {
  kubeconfig: {},
  namespace: "n",
  service: "s",
  settings: {},
  port: 15443,
  timeoutSeconds: 1,
};
const anchor = {
  peer: "p",
  trustDomain: "b.local",
  scope: "only" as const,
  rootCertificates: [],
  issuerCertificate: "-",
  issuerKey: "-",
};

const reader = { kubeconfig: {}, peer: "p", namespace: "n", serviceAccount: "s", uid: "u", hours: 1 };
const signed = {
  cluster: "c",
  trustDomain: "c.local",
  istiodHosts: [],
  request: "-",
  issuerCertificate: "-",
  issuerKey: "-",
};

/** Constructors of resources, by the file in the provider's text. */
const resources = {
  "coreDnsBlock.ts": () =>
    new CoreDnsBlock("block", { kubeconfig: {}, namespace: "n", configMap: "c", block: "b" }),
  "gatewayAddresses.ts": () => new GatewayAddresses("gateway", { ...gateway }),
  "importedServices/handlers.ts": () => new ImportedServices("imports", { ...NO_IMPORTS }),
  "leftovers.ts": () => new Leftovers("leftovers", { kubeconfig: {}, namespace: "n", found: {} }),
  "readerToken.ts": () => new ReaderToken("reader", { ...reader }),
  "signedAuthority.ts": () => new SignedAuthority("signed", { ...signed }),
  "trustAnchor.ts": () => new TrustAnchor("anchor", { ...anchor }),
};

/** The file whose text is run in a folder of a test's own; the other texts differ from it in the file's path alone. */
const SAMPLE = "leftovers.ts";

for (const [file, make] of Object.entries(resources)) {
  describe(`The text in the state for the provider in ${file}`, () => {
    let text: string;
    let folder: string;

    before(async () => {
      text = await providerText(make);
      folder = mkdtempSync(join(tmpdir(), "istio-federation-provider-"));
    });

    after(() => {
      rmSync(folder, { recursive: true });
    });

    function writeProvider(code: string): void {
      const path = join(folder, "providers", file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(join(folder, "package.json"), '{"type":"module"}');
      writeFileSync(path, code);
      for (const part of ["compileCache.ts", "providers/providerProcess.ts"]) {
        cpSync(join(CHECKOUT, part), join(folder, part));
      }
    }

    it("is smaller than 1 KB", () => {
      assert.ok(text.length < 1024, `${text.length} characters`);
    });

    it("has the path of the file and no other fact of the program", () => {
      const paths = Array.from(text.matchAll(/"(\.[^"]*)"/g), ([, path]) => path);
      assert.deepEqual(paths, ["./providers/providerProcess.ts", `./providers/${file}`]);
      assert.doesNotMatch(text, /check|update|delete|kubeconfig/);
    });

    it("differs from the others in the path of the file alone", async () => {
      const sample = await providerText(resources[SAMPLE]);
      assert.equal(text, sample.replaceAll(SAMPLE, file));
    });

    it("is the same each time", async () => {
      assert.equal(await providerText(make), text);
    });

    it("has all methods when loaded as Pulumi loads it", () => {
      // In a process of its own, which the provider may end when its standard input does.
      const code = `
        const provider = require("require-from-string")(${JSON.stringify(text)}).handler();
        provider.configure({ config: {} });
        const methods = ["check", "diff", "create", "update", "read", "delete"];
        console.log(methods.filter((method) => typeof provider[method] !== "function"));`;
      const { stdout, stderr } = spawnSync(process.execPath, ["-e", code], {
        cwd: CHECKOUT,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      assert.deepEqual([stdout.trim(), stderr], ["[]", ""]);
    });

    it("ends its process with the engine, whatever the first call was", async function () {
      this.timeout(15_000);
      const provider = await ProviderProcess.start(text);
      try {
        await provider.check({}, {}).catch(() => undefined);
        await provider.abandon(10_000);
      } finally {
        await provider.stop();
      }
    });

    if (file !== SAMPLE) return;

    it("runs the code in the program's folder, TypeScript and async included", async () => {
      writeProvider(`
        export const provider = {
          async create(inputs: { a: number }): Promise<{ id: string; outs: object }> {
            await Promise.resolve();
            return { id: "new code", outs: { doubled: inputs.a * 2 } };
          },
        };`);
      const provider = await ProviderProcess.start(text, folder);
      const made = await provider.create({ a: 21 }).finally(() => provider.stop());
      assert.deepEqual(made, { id: "new code", outs: { doubled: 42 } });
    });

    it("fails, without counting a resource as deleted, when the code cannot be loaded", async () => {
      writeProvider("this is not TypeScript");
      const provider = await ProviderProcess.start(text, folder);
      try {
        await assert.rejects(provider.delete("id", {}));
        await assert.rejects(provider.delete("id", {}));
        await assert.rejects(provider.update("id", {}, {}));
      } finally {
        await provider.stop();
      }
    });
  });
}
