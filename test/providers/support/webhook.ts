import { once } from "node:events";
import { type Server, createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { ResourceKind } from "../../../kubernetes/kinds.ts";
import { makeServerCertificate } from "../../support/testAuthority.ts";
import type { TestCluster } from "./testCluster.ts";

const WEBHOOK: ResourceKind = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  plural: "validatingwebhookconfigurations",
};

/** Stands for istiod's validation of ServiceEntries in one namespace, which fails closed. */
export class Webhook {
  private readonly cluster: TestCluster;
  private readonly name: string;
  private readonly server: Server;

  private constructor(cluster: TestCluster, name: string, server: Server) {
    this.cluster = cluster;
    this.name = name;
    this.server = server;
  }

  /**
   * Registers a webhook that never answers with the API server.
   * @param how `away`: no server listens; `slow`: connections are accepted and never answered.
   */
  static async install(cluster: TestCluster, namespace: string, how: "away" | "slow"): Promise<Webhook> {
    const { hostname } = new URL(cluster.admin.server);
    const { cert, key } = await makeServerCertificate(hostname);
    const server = createServer({ cert, key }).listen(0, hostname);
    await once(server, "listening");
    server.unref();
    const { port } = server.address() as AddressInfo;
    if (how === "away") {
      server.close();
      await once(server, "close");
    }
    const webhook = {
      name: "rev.validation.istio.io",
      clientConfig: {
        url: `https://${hostname}:${port}/validate`,
        caBundle: Buffer.from(cert).toString("base64"),
      },
      rules: [
        {
          operations: ["CREATE", "UPDATE"],
          apiGroups: ["networking.istio.io"],
          apiVersions: ["*"],
          resources: ["*"],
        },
      ],
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      timeoutSeconds: 2,
    };
    await cluster.make(WEBHOOK, undefined, namespace, { webhooks: [webhook] });
    return new Webhook(cluster, namespace, server);
  }

  /** The API server no longer asks it. */
  async remove(): Promise<void> {
    await this.cluster.client.delete(WEBHOOK, { metadata: { name: this.name } });
    this.server.closeAllConnections();
    this.server.close();
  }
}
