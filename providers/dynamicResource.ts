import * as pulumi from "@pulumi/pulumi";

/**
 * A dynamic resource whose provider is a file of the program. `pulumi.dynamic.Resource` serializes a provider's closure in every run,
 * for which it parses the program with the TypeScript compiler: a third of a preview's start.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param file of the provider, relative to the program's folder; exports `provider`.
   * @param type last part of the resource's type.
   */
  constructor(
    file: string,
    type: string,
    name: string,
    props: pulumi.Inputs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(`pulumi-nodejs:dynamic:${type}`, name, { ...props, __provider: textOf(file) }, opts);
  }
}

/**
 * The code that the engine keeps in the state of each resource, and that Pulumi's process of dynamic providers runs. It loads the
 * methods from the program's folder when they are called: the text is small and the same when code changes, and a refresh or a delete runs
 * today's code. The process ends with the engine from the first call of any method on, as it may wait long before it has something to
 * write.
 */
function textOf(file: string): string {
  return `exports.handler = () => ({
  configure() {
    const load = process.getBuiltinModule("module").createRequire(process.cwd() + "/");
    const get = (_, method) => {
      load("./providers/providerProcess.ts").endWithEngine();
      return load(${JSON.stringify(file)}).provider[method];
    };
    Object.setPrototypeOf(this, new Proxy({}, { get }));
  },
});
`;
}
