import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AuthorizationPolicy } from "../federation/access/authorizationPolicy.ts";
import { isGatewayPolicy } from "../federation/access/gatewayPolicy.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/core/labels.ts";
import type { GatewayPlace } from "../federation/core/gatewayPlace.ts";
import { type TrustDomainHosts, renderTrustDomainFilter } from "../federation/imports/trustDomainFilter.ts";
import { type ExportAlias, aliasObject } from "../federation/exports/alias.ts";

/** An Istio object to be created. */
interface IstioObject {
  /** Resource name; also the object's name prefix where the object is replaced instead of changed. */
  resource: string;
  metadata: { namespace: pulumi.Input<string>; name?: string };
  spec: object;
  /** Creates the new object before what depends on it changes, and deletes the old one last. */
  isReplaced: boolean;
}

/**
 * Creates objects with the label of this program. Fails for an object of this name that somebody else created, and leaves it unchanged.
 */
function createObjects(
  kind: { apiVersion: string; kind: string },
  objects: readonly IstioObject[],
  parent: pulumi.ComponentResource,
): void {
  for (const { resource, metadata, spec, isReplaced } of objects) {
    const labels = { [MANAGED_BY_LABEL]: MANAGED_BY };
    new kubernetes.apiextensions.CustomResource(
      resource,
      { ...kind, metadata: { ...metadata, labels }, spec },
      { parent, replaceOnChanges: isReplaced ? ["spec"] : [] },
    );
  }
}

/** Arguments of `CallerPolicies`. */
export interface CallerPoliciesArgs {
  /** At most one of each namespace and name. */
  policies: readonly AuthorizationPolicy[];
  gateway: GatewayPlace;
  /** Name of the gateway's namespace, once it exists. */
  gatewayNamespace: pulumi.Input<string>;
}

/** AuthorizationPolicies at the workloads of exported Services, each in the namespace of its Service, and at the gateway. */
export class CallerPolicies extends pulumi.ComponentResource {
  constructor(
    name: string,
    { policies, gateway, gatewayNamespace }: CallerPoliciesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("istio-federation:index:CallerPolicies", name, {}, opts);
    const objects = policies.map((policy): IstioObject => {
      const place = policy.namespace === gateway.namespace ? gatewayNamespace : policy.namespace;
      // Without a name the object gets its resource's and random digits: the old and the new one exist at the same time.
      return isGatewayPolicy(policy)
        ? { resource: policy.name, metadata: { namespace: place }, spec: policy.spec, isReplaced: true }
        : {
            resource: `${name}-${policy.namespace}/${policy.name}`,
            metadata: { namespace: place, name: policy.name },
            spec: policy.spec,
            isReplaced: false,
          };
    });
    createObjects({ apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy" }, objects, this);
    this.registerOutputs({});
  }
}

/**
 * EnvoyFilter by which the proxies of the mesh accept every identity of a peer's trust domain for some of its hosts.
 * @param istioNamespace Istio's root namespace, where an EnvoyFilter is for all proxies.
 */
export function trustDomainFilter(
  name: string,
  hosts: TrustDomainHosts,
  istioNamespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new kubernetes.apiextensions.CustomResource(
    name,
    {
      apiVersion: "networking.istio.io/v1alpha3",
      kind: "EnvoyFilter",
      metadata: { name, namespace: istioNamespace, labels: { [MANAGED_BY_LABEL]: MANAGED_BY } },
      spec: renderTrustDomainFilter(hosts),
    },
    opts,
  );
}

/** Arguments of `ExportAliases`. */
export interface ExportAliasesArgs {
  /** At most one of each Service. */
  aliases: readonly ExportAlias[];
}

/**
 * ServiceEntries that resolve the aliases of exported Services for the east-west gateway alone; each in the namespace of its Service.
 */
export class ExportAliases extends pulumi.ComponentResource {
  constructor(name: string, { aliases }: ExportAliasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:ExportAliases", name, {}, opts);
    const objects = aliases.map((alias): IstioObject => ({
      resource: `${name}-${alias.namespace}/${aliasObject(alias)}`,
      metadata: { namespace: alias.namespace, name: aliasObject(alias) },
      spec: alias.spec,
      isReplaced: false,
    }));
    createObjects({ apiVersion: "networking.istio.io/v1", kind: "ServiceEntry" }, objects, this);
    this.registerOutputs({});
  }
}
