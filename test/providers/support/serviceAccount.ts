import { sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SERVICE_ACCOUNT } from "../../../kubernetes/kinds.ts";
import type { TestCluster } from "./testCluster.ts";

/** A service account whose tokens are made here, with the cluster's key: the API server gives none that expire soon. */
export class ServiceAccount {
  /** The user name in RBAC. */
  readonly user: string;
  private readonly cluster: TestCluster;
  private readonly namespace: string;
  private readonly uid: string;

  private constructor(cluster: TestCluster, namespace: string, uid: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.uid = uid;
    this.user = `system:serviceaccount:${namespace}:tester`;
  }

  static async make(cluster: TestCluster, namespace: string): Promise<ServiceAccount> {
    await cluster.make(SERVICE_ACCOUNT, namespace, "tester", {});
    const made = await cluster.client.get(SERVICE_ACCOUNT, namespace, "tester");
    return new ServiceAccount(cluster, namespace, made?.metadata.uid ?? "");
  }

  /** @param seconds until it expires; negative: since when. */
  token(seconds: number): string {
    const issuer = `https://kubernetes.default.svc.${this.cluster.admin.name}.local`;
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      aud: [issuer],
      sub: this.user,
      iat: now - 3600,
      nbf: now - 3600,
      exp: now + seconds,
      "kubernetes.io": { namespace: this.namespace, serviceaccount: { name: "tester", uid: this.uid } },
    };
    const text = [{ alg: "ES256", typ: "JWT" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const key = readFileSync(join(this.cluster.folder, "service-account.key"));
    const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }
}
