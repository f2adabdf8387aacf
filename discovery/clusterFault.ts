import type { Fault } from "../federation/core/fault.ts";
import type { ClusterError } from "../kubernetes/errors.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";

/** Tells what is wrong with a stack's kubeconfig, or with the cluster that it leads to, by the config's field to look at. */
export function clusterFault({ failure, message }: ClusterError, { path, context }: KubeconfigName): Fault {
  const { kubeconfig, operation, cause, status } = failure;
  if (kubeconfig === "file") {
    return {
      path: "kubeconfig",
      ...(path === undefined ? {} : { value: path }),
      rule: `leads to no cluster: ${message}`,
      remedy: "Provide that file, or name another by kubeconfig.path",
    };
  }
  const fault = { path: "kubeconfig.context", ...(context === undefined ? {} : { value: context }) };
  if (kubeconfig === "context") {
    return {
      ...fault,
      rule: `leads to no cluster: ${message}`,
      remedy: "Name another context, or correct the file",
    };
  }
  return { ...fault, rule: `does not serve: cannot ${operation}: ${cause}`, remedy: remedyFor(status) };
}

function remedyFor(status: number | undefined): string {
  if (status === 401) return "Renew its credentials";
  if (status === 403) return "Have its user allowed to do this, or name the context of one who is";
  return "Check the cluster and the user of this context";
}
