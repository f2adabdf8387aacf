import * as pulumi from "@pulumi/pulumi";
import { type Import, importToJson } from "../federation/imports/import.ts";
import type { Request } from "./importedServices/inputs.ts";
import { lazyProvider } from "./lazyProvider.ts";

/** Arguments of `ImportedServices`. */
export interface ImportedServicesArgs extends Omit<Request, "namespace" | "services"> {
  /** Namespace of the ServiceEntries. */
  namespace: pulumi.Input<string>;
  /** By host. */
  services: Readonly<Record<string, Import>>;
}

const lazy = lazyProvider("./providers/importedServices/handlers.ts");

/** The services of one peer that can be called from here: one ServiceEntry each, written by server-side apply. */
export class ImportedServices extends pulumi.dynamic.Resource {
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
    super(lazy, name, inputs, opts, undefined, "ImportedServices");
  }
}
