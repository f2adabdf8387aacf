// The lab's stand-in for pulumi-language-nodejs. Argument: the engine's address, after the engine's flags.
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { servePlugin } from "../protocol/server.ts";
import { languageHost } from "./languageHost.ts";

const engine = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
await servePlugin(languageGrpc.LanguageRuntimeService, languageHost(engine));
