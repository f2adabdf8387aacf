import type { ResourceKind } from "../../../kubernetes/kinds.ts";
import type { TestCluster } from "./testCluster.ts";

const GROUP = "rbac.authorization.k8s.io";

/** Lets a user do this with the ServiceEntries of one namespace. */
export async function allowEntries(
  cluster: TestCluster,
  namespace: string,
  user: string,
  verbs: readonly string[],
): Promise<void> {
  const rules = [{ apiGroups: ["networking.istio.io"], resources: ["serviceentries"], verbs }];
  await cluster.make(rbac("Role", "roles"), namespace, user, { rules });
  await cluster.make(rbac("RoleBinding", "rolebindings"), namespace, user, binding(user, "Role", user));
}

/** Lets a user do everything. */
export async function allowAll(cluster: TestCluster, user: string): Promise<void> {
  const kind = rbac("ClusterRoleBinding", "clusterrolebindings");
  await cluster.make(kind, undefined, user, binding(user, "ClusterRole", "cluster-admin"));
}

function rbac(kind: string, plural: string): ResourceKind {
  return { group: GROUP, version: "v1", kind, plural };
}

function binding(user: string, kind: string, name: string) {
  return {
    roleRef: { apiGroup: GROUP, kind, name },
    subjects: [{ apiGroup: GROUP, kind: "User", name: user }],
  };
}
