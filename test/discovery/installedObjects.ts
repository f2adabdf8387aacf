import { readInstalledIstio } from "../../discovery/installedIstio.ts";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import type { InstalledIstio } from "../../federation/existing/installedIstio.ts";
import { ClusterClient } from "../../kubernetes/client.ts";
import {
  type Answer,
  type FakeApiServer,
  NOT_FOUND,
  listOf,
  objectOrNotFound,
} from "../providers/support/fakeApiServer.ts";

/**
 * Reads an installed Istio of these objects.
 * @param objects by their URL paths.
 * @param lists answers to lists, by plural; others are empty.
 * @param config namespace of istiod, and the owner's gateway, where there is one.
 */
export async function readObjects(
  server: FakeApiServer,
  objects: Readonly<Record<string, object>>,
  lists: Readonly<Record<string, Answer>> = {},
  {
    namespace = "istio-system",
    existing,
  }: { namespace?: string } & Partial<Pick<StackConfig["gateway"], "existing">> = {},
): Promise<InstalledIstio> {
  server.answerBy((request) => {
    const path = request.replace(/^GET /, "").replace(/\?.*/, "");
    if (path === "/version") return { status: 200, body: { major: "1" } };
    const plural = path.split("/").at(-1) ?? "";
    if (lists[plural] !== undefined) return lists[plural];
    if (objects[path] !== undefined) return objectOrNotFound(objects[path]);
    return request.includes("limit=") ? listOf([]) : NOT_FOUND;
  });
  return readInstalledIstio(await ClusterClient.connect(server.kubeconfig), namespace, { existing });
}
