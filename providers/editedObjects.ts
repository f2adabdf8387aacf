import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { EditedObject } from "../federation/editedObjects.ts";
import type { AccessKind } from "../federation/ownObjects.ts";
import { ClusterClient, editObject } from "../kubernetes/client.ts";
import { ClusterError } from "../kubernetes/errors.ts";
import {
  AUTHORIZATION_POLICY,
  GATEWAY,
  type KubernetesObject,
  PEER_AUTHENTICATION,
  REQUEST_AUTHENTICATION,
  type ResourceKind,
  SERVICE_ENTRY,
  VIRTUAL_SERVICE,
} from "../kubernetes/kinds.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";
import { DynamicResource } from "./dynamicResource.ts";
import { KUBECONFIG_FIELD, checkFields } from "./inputChecks.ts";
import { PartialFailure } from "./partialFailure.ts";

/** Arguments of `EditedObjects`. */
export interface EditedObjectsArgs {
  /** The cluster to write to. */
  kubeconfig: KubeconfigName;
  /** Objects that others had edited when the program started. As a rule `[]`, and then there is nothing to do. */
  found: readonly (Omit<EditedObject, "spec"> & { spec: pulumi.Input<object> })[];
}

/**
 * Restores objects of this stack that others edited: the whole spec is replaced. Comes after the objects' own resources, by which the
 * Kubernetes plugin writes the fields that it declares. Deleting the resource itself changes nothing in the cluster.
 */
export class EditedObjects extends DynamicResource {
  constructor(name: string, args: EditedObjectsArgs, opts?: pulumi.CustomResourceOptions) {
    super("./providers/editedObjects.ts", "EditedObjects", name, { ...args }, opts);
  }
}

/** Inputs as `check` passes them; the SDK adds the text by which it finds this provider. */
interface Inputs {
  kubeconfig: KubeconfigName;
  found: readonly EditedObject[];
  __provider?: string;
}

/** Outputs: what `diff` compares. */
interface State {
  /** Objects that the last update with something to do restored. */
  restored: readonly EditedObject[];
}

type LiveSpec = KubernetesObject & { spec?: unknown };

const RESOURCES: Readonly<Record<AccessKind, ResourceKind>> = {
  AuthorizationPolicy: AUTHORIZATION_POLICY,
  Gateway: GATEWAY,
  PeerAuthentication: PEER_AUTHENTICATION,
  RequestAuthentication: REQUEST_AUTHENTICATION,
  ServiceEntry: SERVICE_ENTRY,
  VirtualService: VIRTUAL_SERVICE,
};

const FIELDS = {
  kubeconfig: KUBECONFIG_FIELD,
  found: z.array(
    z.strictObject({
      kind: z.enum(Object.keys(RESOURCES) as AccessKind[]),
      namespace: z.string(),
      name: z.string(),
      uid: z.string(),
      generation: z.int(),
      spec: z.record(z.string(), z.unknown()),
    }),
  ),
};

/** Something was found, and it is not what the last update restored: each edit has a generation of its own in an object. */
function diff({ restored }: State, { found }: Inputs): pulumi.dynamic.DiffResult {
  return { changes: found.length > 0 && !isDeepStrictEqual(found, restored) };
}

async function restore(id: string, { kubeconfig, found, __provider }: Inputs): Promise<State> {
  if (found.length === 0) return { restored: [] };
  const client = await ClusterClient.connect(kubeconfig);
  const failures: string[] = [];
  for (const object of found) {
    try {
      await replaceSpec(client, object);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      failures.push(error.message);
      if (error.failure.general === true) break;
    }
  }
  if (failures.length === 0) return { restored: found };
  // The SDK adds the provider's text to the outputs of a success only; without it the engine could not call this provider again.
  throw new PartialFailure(id, { restored: [], __provider }, "objects that others edited", failures);
}

/** Replaces the spec, with any change that others make in between; an object that is gone by then stays so. */
async function replaceSpec(
  client: ClusterClient,
  { kind, namespace, name, spec }: EditedObject,
): Promise<void> {
  await editObject<LiveSpec>(client, RESOURCES[kind], { namespace, name }, (live) =>
    live === undefined || isDeepStrictEqual(live.spec, spec) ? undefined : { ...live, spec },
  );
}

export const provider = {
  check: (_olds: object, news) =>
    Promise.resolve({ inputs: news, failures: checkFields(FIELDS, { ...news }) }),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create: async (inputs) => ({ id: "edited-objects", outs: await restore("edited-objects", inputs) }),
  update: async (id, _olds, news) => ({ outs: await restore(id, news) }),
  // The program looks for edited objects itself, each time it starts.
  read: (id, state) => Promise.resolve({ id, props: state as State }),
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<Inputs, State>;
