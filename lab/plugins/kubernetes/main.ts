// The lab's stand-in for pulumi-resource-kubernetes.
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { providerService } from "../protocol/providerService.ts";
import { servePlugin } from "../protocol/server.ts";
import { kubernetesProvider } from "./provider.ts";

await servePlugin(providerGrpc.ResourceProviderService, providerService(kubernetesProvider()));
