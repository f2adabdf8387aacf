import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ExportAlias, aliasObject } from "../federation/exports/exportAlias.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/labels.ts";

/** What `ExportAliases` are made from. */
export interface ExportAliasesArgs {
  /** At most one of each Service. */
  aliases: readonly ExportAlias[];
}

/**
 * By what the east-west gateway, and nothing else, finds exported Services under other names than their own: a ServiceEntry for each, in
 * the namespace of its Service. One that is there already under such a name is somebody's: making ours fails then, and the other stays.
 */
export class ExportAliases extends pulumi.ComponentResource {
  constructor(name: string, { aliases }: ExportAliasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:ExportAliases", name, {}, opts);
    for (const alias of aliases) {
      const { namespace, spec } = alias;
      const object = aliasObject(alias);
      new kubernetes.apiextensions.CustomResource(
        `${name}-${namespace}/${object}`,
        {
          apiVersion: "networking.istio.io/v1",
          kind: "ServiceEntry",
          metadata: { name: object, namespace, labels: { [MANAGED_BY_LABEL]: MANAGED_BY } },
          spec,
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}
