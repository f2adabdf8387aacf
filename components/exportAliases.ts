import * as pulumi from "@pulumi/pulumi";
import { makeIstioObjects } from "./istioObjects.ts";
import { type ExportAlias, aliasObject } from "../federation/exports/alias.ts";

/** What `ExportAliases` are made from. */
export interface ExportAliasesArgs {
  /** At most one of each Service. */
  aliases: readonly ExportAlias[];
}

/**
 * By what the east-west gateway, and nothing else, finds exported Services under other names than their own: a ServiceEntry for each, in
 * the namespace of its Service.
 */
export class ExportAliases extends pulumi.ComponentResource {
  constructor(name: string, { aliases }: ExportAliasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:ExportAliases", name, {}, opts);
    const kind = { apiVersion: "networking.istio.io/v1", kind: "ServiceEntry" };
    const objects = aliases.map((alias) => ({ ...alias, name: aliasObject(alias) }));
    makeIstioObjects(name, kind, objects, this);
    this.registerOutputs({});
  }
}
