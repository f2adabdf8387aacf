import * as pulumi from "@pulumi/pulumi";
import { makeIstioObjects } from "./istioObjects.ts";
import { isGatewayPolicy } from "../federation/access/gatewayPolicy.ts";
import type { AuthorizationPolicy } from "../federation/access/policy.ts";
import { GATEWAY_NAMESPACE } from "../federation/core/wellKnown.ts";

/** What `CallerPolicies` are made from. */
export interface CallerPoliciesArgs {
  /** At most one of each namespace and name. */
  policies: readonly AuthorizationPolicy[];
  /** Name of the gateway's namespace, once that is there. */
  gatewayNamespace: pulumi.Input<string>;
}

/** What refuses callers at the workloads of exported Services, each policy in the namespace of its Service, and at the gateway. */
export class CallerPolicies extends pulumi.ComponentResource {
  constructor(
    name: string,
    { policies, gatewayNamespace }: CallerPoliciesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("istio-federation:index:CallerPolicies", name, {}, opts);
    const kind = { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy" };
    const objects = policies.map((policy) =>
      policy.namespace === GATEWAY_NAMESPACE
        ? { ...policy, isReplaced: isGatewayPolicy(policy), madeNamespace: gatewayNamespace }
        : policy,
    );
    makeIstioObjects(name, kind, objects, this);
    this.registerOutputs({});
  }
}
