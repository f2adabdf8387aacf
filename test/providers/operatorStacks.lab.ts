import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { messageOf } from "../../federation/core/text.ts";
import { CUSTOM_RESOURCE_DEFINITION, type KubernetesObject, OPERATOR_STACK } from "../../kubernetes/kinds.ts";
import { CHECKOUT } from "../../lab/environment.ts";
import { waitFor } from "../../lab/ready.ts";
import { operatorCrds } from "../../lab/tools/operatorCrds.ts";
import { sharedCluster } from "./support/sharedCluster.ts";
import type { TestCluster } from "./support/testCluster.ts";

const FOLDER = join(CHECKOUT, "deploy");

/** A Stack as far as it is looked at here. */
interface OperatorStack extends KubernetesObject {
  spec: { workspaceTemplate: { spec: object } };
}

/** Names in the URL of the other kinds. */
const PLURALS: Readonly<Record<string, string>> = {
  ClusterRoleBinding: "clusterrolebindings",
  Role: "roles",
  RoleBinding: "rolebindings",
  Stack: OPERATOR_STACK.plural,
};

/** Creates nothing, and refuses fields that a kind does not have. */
const VALIDATION = { dryRun: "All", fieldValidation: "Strict" };

describe("deploy/, on a real API server with the CRDs of the Pulumi Kubernetes Operator", () => {
  let cluster: TestCluster;
  let crdNames: string[] = [];

  before(async function () {
    const crds = await operatorCrds();
    // The module proxy of this machine may lack the operator: see lab/tools/operatorCrds.ts.
    if (crds === undefined) return this.skip();
    cluster = await sharedCluster(false);
    crdNames = crds.map(({ metadata }) => metadata.name);
    await Promise.all(crds.map((crd) => cluster.client.apply(CUSTOM_RESOURCE_DEFINITION, crd, true)));
    const objects = cluster.context.makeApiClient(CustomObjectsApi);
    const isServed = () => objects.listClusterCustomObject(OPERATOR_STACK).then(() => true);
    await waitFor("Stacks are not served", isServed, 30);
    for (const name of ["pulumi", "pulumi-root"]) await cluster.makeNamespace(name);
  });

  after(async () => {
    for (const name of crdNames) await cluster.remove(CUSTOM_RESOURCE_DEFINITION, undefined, name);
  });

  const validate = async (object: KubernetesObject): Promise<void> => {
    const { apiVersion = "", kind = "", metadata } = object;
    const { name, namespace } = metadata;
    const [group = "", version] = apiVersion.split("/");
    const objects = cluster.context.makeApiClient(CustomObjectsApi);
    const place = {
      ...VALIDATION,
      group,
      version: version ?? "",
      plural: PLURALS[kind] ?? kind,
      body: object,
    };
    try {
      if (kind === "ServiceAccount")
        await cluster.context.makeApiClient(CoreV1Api).createNamespacedServiceAccount({
          ...VALIDATION,
          namespace: namespace ?? "",
          body: { metadata: { name } },
        });
      else if (namespace === undefined) await objects.createClusterCustomObject(place);
      else await objects.createNamespacedCustomObject({ ...place, namespace });
    } catch (error) {
      throw new Error(`${kind} ${name}: ${messageOf(error)}`, { cause: error });
    }
  };

  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".yaml")))
    it(`${file} is accepted, and no field of it is unknown`, async () => {
      for (const object of objectsIn(file)) await validate(object);
    });

  it("an unknown field of a Stack and of its workspace is refused, so that the above says something", async () => {
    const [stack] = objectsIn("cluster-stack.yaml") as OperatorStack[];
    assert.ok(stack);
    const { spec } = stack;
    const { workspaceTemplate: template } = spec;
    const withSpec = (fields: object): Promise<void> => {
      const changed: OperatorStack = { ...stack, spec: { ...spec, ...fields } };
      return validate(changed);
    };
    await assert.rejects(withSpec({ resyncFrequency: 60 }), /unknown field \W*spec\.resyncFrequency/);
    await assert.rejects(
      withSpec({ workspaceTemplate: { ...template, spec: { ...template.spec, images: "x" } } }),
      /unknown field \W*spec\.workspaceTemplate\.spec\.images/,
    );
  });
});

function objectsIn(file: string): KubernetesObject[] {
  return parseAllDocuments(readFileSync(join(FOLDER, file), "utf8")).map(
    (document) => document.toJS() as KubernetesObject,
  );
}
