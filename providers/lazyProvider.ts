import type * as pulumi from "@pulumi/pulumi";

// Type annotations in the method would leave blanks in the text.
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call */
/**
 * Returns a dynamic provider that loads its methods from the program's folder when they are called. The SDK keeps the provider's
 * text in the state of each resource: the text stays small and the same when code changes, and a refresh or a delete runs today's code.
 * The process ends with the engine from the first call of any method on, as it may wait long before it has something to write.
 * @param file relative to the program's folder; exports `provider`.
 */
export function lazyProvider(file: string): pulumi.dynamic.ResourceProvider {
  const provider = {
    configure() {
      const load = process.getBuiltinModule("module").createRequire(process.cwd() + "/");
      const methods = new Proxy(
        {},
        {
          get(_, method) {
            load("./providers/providerProcess.ts").endWithEngine();
            return load(file).provider[method];
          },
        },
      );
      Object.setPrototypeOf(this, methods);
    },
  };
  return provider as unknown as pulumi.dynamic.ResourceProvider;
}
/* eslint-enable */
