import tlsPackage from "@pulumi/tls/package.json" with { type: "json" };
import type { Provider } from "../protocol/provider.ts";
import { tlsResource } from "./resource.ts";

/** Stand-in for the TLS provider: keys, requests and certificates, without its OpenSSH formats. It has no configuration. */
export function tlsProvider(): Provider {
  return {
    name: "tls",
    version: tlsPackage.version,
    checkConfig: ({ news }) => ({ inputs: news }),
    diffConfig: () => ({ differences: {} }),
    configure: () => undefined,
    kind: tlsResource,
  };
}
