import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/core/labels.ts";

/** Of what kind objects are, and by what name Pulumi knows each. */
export interface IstioKind {
  apiVersion: string;
  kind: string;
}

/** An object to be made. */
export interface IstioObject {
  namespace: string;
  name: string;
  /**
   * Whether a change makes it anew, under its name and some digits: the next one is there before what depends on it is changed, and this one goes
   * after all else. Its name is then no other's in any namespace. @default it is changed in place
   */
  isReplaced?: boolean;
  spec: object;
  /** Name of the namespace, once that is there. @default it is there already */
  madeNamespace?: pulumi.Input<string>;
}

/**
 * Makes an object of each, with the label of this program. One that is there already under such a name is somebody's: making ours fails
 * then, and the other stays as it is.
 * @param name of the component that they belong to, and are named after.
 * @param objects at most one of each namespace and name.
 */
export function makeIstioObjects(
  name: string,
  kind: IstioKind,
  objects: readonly IstioObject[],
  parent: pulumi.ComponentResource,
): void {
  for (const { namespace, name: object, isReplaced = false, spec, madeNamespace = namespace } of objects) {
    const place = { namespace: madeNamespace, labels: { [MANAGED_BY_LABEL]: MANAGED_BY } };
    const [resource, metadata, replacing] = isReplaced
      ? // Without a name it is named after its resource.
        [object, place, { replaceOnChanges: ["spec"] }]
      : [`${name}-${namespace}/${object}`, { ...place, name: object }, {}];
    new kubernetes.apiextensions.CustomResource(
      resource,
      { ...kind, metadata, spec },
      { parent, ...replacing },
    );
  }
}
