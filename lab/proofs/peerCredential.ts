import { Agent, get } from "node:https";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";

/** By what an istiod reads another cluster's API server. */
export interface PeerCredential {
  server: string;
  certificateAuthority: string;
  token: string;
}

/** Takes the credential out of the Secret that a cluster's istiod has of a peer, as a thief would who may read it. */
export async function stealCredential(
  kubeconfig: string,
  cluster: string,
  peer: string,
): Promise<PeerCredential> {
  const core = loadContext(kubeconfig, cluster).makeApiClient(CoreV1Api);
  const { data = {} } = await core.readNamespacedSecret({
    namespace: "istio-system",
    name: `istio-remote-secret-${peer}`,
  });
  const stolen = new KubeConfig();
  stolen.loadFromString(Buffer.from(data[peer] ?? "", "base64").toString());
  const { server = "", caData = "" } = stolen.getCurrentCluster() ?? {};
  const certificateAuthority = Buffer.from(caData, "base64").toString();
  return { server, certificateAuthority, token: stolen.getCurrentUser()?.token ?? "" };
}

/** What an API server answers to a credential. @param path e.g. `/api/v1/namespaces`. */
export async function statusFor(
  { server, certificateAuthority, token }: PeerCredential,
  path: string,
): Promise<number | undefined> {
  const agent = new Agent({ ca: certificateAuthority });
  const headers = { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const request = get(`${server}${path}`, { agent, headers, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", reject);
  });
}
