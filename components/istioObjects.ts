import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/labels.ts";

/** Of what kind objects are, and by what name Pulumi knows each. */
export interface IstioKind {
  apiVersion: string;
  kind: string;
}

/** An object to be made. */
export interface IstioObject {
  namespace: string;
  name: string;
  /** By what Pulumi knows it within its namespace, where that is to stay when the name does not. @default the name */
  resource?: string;
  spec: object;
  /** Name of the namespace, once that is there. @default it is there already */
  madeNamespace?: pulumi.Input<string>;
}

/**
 * Makes an object of each, with the label of this program. One that is there already under such a name is somebody's: making ours fails
 * then, and the other stays as it is.
 * @param name of the component that they belong to, and are named after.
 * @param objects at most one of each namespace and name, and of each namespace and `resource`.
 */
export function makeIstioObjects(
  name: string,
  kind: IstioKind,
  objects: readonly IstioObject[],
  parent: pulumi.ComponentResource,
): void {
  for (const { namespace, name: object, resource = object, spec, madeNamespace = namespace } of objects) {
    const metadata = { name: object, namespace: madeNamespace, labels: { [MANAGED_BY_LABEL]: MANAGED_BY } };
    new kubernetes.apiextensions.CustomResource(
      `${name}-${namespace}/${resource}`,
      { ...kind, metadata, spec },
      { parent },
    );
  }
}
