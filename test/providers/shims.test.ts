import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { CoreDnsStub } from "../../providers/coreDnsStub.ts";
import { GatewayAddresses } from "../../providers/gatewayAddresses.ts";
import { ImportedServices } from "../../providers/importedServices.ts";
import { Leftovers } from "../../providers/leftovers.ts";
import { ReaderToken } from "../../providers/readerToken.ts";
import { SignedAuthority } from "../../providers/signedAuthority.ts";
import { TrustAnchor } from "../../providers/trustAnchor.ts";
import { ProviderProcess, providerText } from "./support/providerProcess.ts";

const imports = { kubeconfig: {}, namespace: "n", peer: "p", exportTo: ["*"], gateways: [], services: {} };
const gateway = {
  kubeconfig: {},
  namespace: "n",
  service: "s",
  type: "LoadBalancer" as const,
  port: 15443,
  timeoutSeconds: 1,
};
const anchor = {
  peer: "p",
  trustDomain: "b.local",
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

const shims = {
  importedServices: () => new ImportedServices("imports", { ...imports }),
  gatewayAddresses: () => new GatewayAddresses("gateway", { ...gateway }),
  leftovers: () => new Leftovers("leftovers", { kubeconfig: {}, namespace: "n", found: {} }),
  coreDnsStub: () => new CoreDnsStub("stub", { kubeconfig: {}, namespace: "n", configMap: "c", block: "b" }),
  readerToken: () => new ReaderToken("reader", { ...reader }),
  signedAuthority: () => new SignedAuthority("signed", { ...signed }),
  trustAnchor: () => new TrustAnchor("anchor", { ...anchor }),
};

for (const [name, make] of Object.entries(shims)) {
  describe(`What the state keeps of the provider ${name}`, () => {
    let text: string;
    let folder: string;

    before(async () => {
      text = await providerText(make);
      folder = mkdtempSync(join(tmpdir(), "istio-federation-shim-"));
    });

    after(() => {
      rmSync(folder, { recursive: true });
    });

    function writeHandlers(code: string): void {
      mkdirSync(join(folder, "providers", name), { recursive: true });
      writeFileSync(join(folder, "package.json"), '{"type":"module"}');
      writeFileSync(join(folder, `providers/${name}/handlers.ts`), code);
    }

    it("is smaller than 1 KB", () => {
      assert.ok(text.length < 1024, `${text.length} characters`);
    });

    it("names where the methods are, and holds none of them", () => {
      assert.match(text, new RegExp(`\\./providers/${name}/handlers\\.ts`));
      assert.doesNotMatch(text, /check|update|delete|kubeconfig/);
    });

    it("is the same each time", async () => {
      assert.equal(await providerText(make), text);
    });

    it("finds today's methods when it is loaded as Pulumi loads it", async () => {
      const requireFromString = createRequire(import.meta.url)("require-from-string") as (text: string) => {
        handler(): pulumi.dynamic.ResourceProvider;
      };
      const provider = requireFromString(text).handler();
      await provider.configure?.({ config: {} as pulumi.dynamic.Config });
      for (const method of ["check", "diff", "create", "update", "read", "delete"] as const) {
        assert.equal(typeof provider[method], "function", method);
      }
    });

    it("runs whatever code the program's folder has, TypeScript and async included", async () => {
      writeHandlers(`
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

    it("fails, and does not take a resource for deleted, when the code is not there", async () => {
      writeHandlers("this is not TypeScript");
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
