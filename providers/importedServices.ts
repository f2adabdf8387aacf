import type * as pulumi from "@pulumi/pulumi";
import { type Import, importToJson } from "../federation/imports/import.ts";
import { DynamicResource } from "./dynamicResource.ts";
import type { Request } from "./importedServices/inputs.ts";

/** Arguments of `ImportedServices`. */
export interface ImportedServicesArgs extends Omit<Request, "namespace" | "services"> {
  /** Namespace of the ServiceEntries. */
  namespace: pulumi.Input<string>;
  /** By host. */
  services: Readonly<Record<string, Import>>;
}

/** The services of one peer that can be called from here: one ServiceEntry each, written by server-side apply. */
export class ImportedServices extends DynamicResource {
  /** Number of registered services. */
  declare readonly imported: pulumi.Output<number>;
  /** Reason why the brake keeps the services registered before; empty when it does not. */
  declare readonly braked: pulumi.Output<string>;

  constructor(name: string, args: ImportedServicesArgs, opts?: pulumi.CustomResourceOptions) {
    const services = Object.entries(args.services).map(([host, each]) => [host, importToJson(each)] as const);
    const inputs = {
      ...args,
      services: Object.fromEntries(services),
      imported: undefined,
      braked: undefined,
    };
    super("./providers/importedServices/handlers.ts", "ImportedServices", name, inputs, opts);
  }
}
