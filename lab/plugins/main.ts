// Serves one stand-in: `node main.ts NAME [the engine's arguments]`, with the name of the plugin's executable.
import type { Provider } from "./protocol/provider.ts";
import { servePlugin } from "./protocol/server.ts";

const [name = "", ...args] = process.argv.slice(2);

/** Modules are loaded by need: each stand-in is started for every preview. */
const STAND_INS: Readonly<Record<string, () => Promise<void>>> = {
  "pulumi-language-nodejs": async () => {
    const { default: grpc } = await import("@pulumi/pulumi/proto/language_grpc_pb.js");
    const { languageHost } = await import("./languageHost.ts");
    const engine = args.find((argument) => !argument.startsWith("-")) ?? "";
    await servePlugin(grpc.LanguageRuntimeService, languageHost(engine));
  },
  "pulumi-resource-kubernetes": async () => {
    await serveProvider((await import("./kubernetes/provider.ts")).kubernetesProvider());
  },
  "pulumi-resource-tls": async () => {
    await serveProvider((await import("./tls/provider.ts")).tlsProvider());
  },
};

async function serveProvider(provider: Provider): Promise<void> {
  const { default: grpc } = await import("@pulumi/pulumi/proto/provider_grpc_pb.js");
  const { providerService } = await import("./protocol/providerService.ts");
  await servePlugin(grpc.ResourceProviderService, providerService(provider));
}

const serve = STAND_INS[name];
if (serve === undefined) throw new Error(`the lab has no stand-in for ${name}`);
await serve();
