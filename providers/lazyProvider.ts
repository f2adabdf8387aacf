import type * as pulumi from "@pulumi/pulumi";

// Type annotations in the method would leave blanks in the text.
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access */
/**
 * Returns a dynamic provider that loads its methods from the program's folder when they are called. The SDK keeps the provider's
 * text in the state of each resource: the text stays small and the same when code changes, and a refresh or a delete runs today's code.
 * @param file relative to the program's folder; exports `provider`.
 */
export function lazyProvider(file: string): pulumi.dynamic.ResourceProvider {
  const provider = {
    configure() {
      const load = process.getBuiltinModule("module").createRequire(process.cwd() + "/");
      Object.setPrototypeOf(this, new Proxy({}, { get: (_, method) => load(file).provider[method] }));
    },
  };
  return provider as unknown as pulumi.dynamic.ResourceProvider;
}
/* eslint-enable */
