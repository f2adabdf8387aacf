import * as pulumi from "@pulumi/pulumi";

/** A Kubernetes object as far as this looks at it. */
interface Made<M> {
  id: pulumi.Output<string>;
  metadata: pulumi.Output<M>;
}

/**
 * What an API server assigns to an object when it makes it. A preview may know an object's metadata by its inputs only, and would take
 * such a field for known not to be there: it is unknown as long as the object is, and as long as it is missing from a preview.
 */
export function assigned<M>(
  { id, metadata }: Made<M>,
  pick: (metadata: M) => string | undefined,
): pulumi.Output<string> {
  return pulumi.all([id, metadata]).apply(([, known]) => {
    const value = pick(known as M);
    // The SDK has `unknown` for what is not known, but no type by which it could stand for a text.
    return (value === undefined && pulumi.runtime.isDryRun() ? pulumi.unknown : value) as string;
  });
}
