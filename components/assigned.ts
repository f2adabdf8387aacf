import * as pulumi from "@pulumi/pulumi";

/** A created Kubernetes object. */
interface CreatedObject<M> {
  id: pulumi.Output<string>;
  metadata: pulumi.Output<M>;
}

/**
 * Returns a field that the API server assigns. A preview may have an object's inputs only, in which the field is missing: it is unknown
 * then, and not absent.
 */
export function assigned<M>(
  { id, metadata }: CreatedObject<M>,
  pick: (metadata: M) => string | undefined,
): pulumi.Output<string> {
  return pulumi.all([id, metadata]).apply(([, known]) => {
    const value = pick(known as M);
    // The SDK's `unknown` has no type of a text.
    return (value === undefined && pulumi.runtime.isDryRun() ? pulumi.unknown : value) as string;
  });
}
