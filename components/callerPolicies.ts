import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AuthorizationPolicy } from "../federation/callers/authorizationPolicy.ts";
import { GATEWAY_NAMESPACE } from "../federation/wellKnown.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/labels.ts";

/** What `CallerPolicies` are made from. */
export interface CallerPoliciesArgs {
  /** At most one of each namespace and name. */
  policies: readonly AuthorizationPolicy[];
  /** Name of the gateway's namespace, once that is there. @default it is there already */
  gatewayNamespace?: pulumi.Input<string>;
}

/**
 * What refuses callers at the workloads of exported Services, each policy in the namespace of its Service, and at the gateway. One that is there already
 * under such a name is somebody's: making ours fails then, and the other stays as it is.
 */
export class CallerPolicies extends pulumi.ComponentResource {
  constructor(
    name: string,
    { policies, gatewayNamespace = GATEWAY_NAMESPACE }: CallerPoliciesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("istio-federation:index:CallerPolicies", name, {}, opts);
    for (const { namespace, name: policy, spec } of policies) {
      new kubernetes.apiextensions.CustomResource(
        `${name}-${namespace}/${policy}`,
        {
          apiVersion: "security.istio.io/v1",
          kind: "AuthorizationPolicy",
          metadata: {
            name: policy,
            namespace: namespace === GATEWAY_NAMESPACE ? gatewayNamespace : namespace,
            labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
          },
          spec,
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}

/** The same, where there is anything to refuse. */
export function guardCallers(
  name: string,
  args: CallerPoliciesArgs,
  opts: pulumi.ComponentResourceOptions,
): CallerPolicies[] {
  return args.policies.length === 0 ? [] : [new CallerPolicies(name, args, opts)];
}
