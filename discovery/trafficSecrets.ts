import { sortedUnique } from "../federation/core/order.ts";
import type { ServerSecret } from "../federation/publish/serverCertificate.ts";
import { type CredentialContext, credentialsOf } from "../federation/traffic/credentials.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { readServerSecret } from "./serverSecret.ts";

/** Reads the Secrets that objects name, and those with their authorities. @returns by `namespace/name`; undefined for one that is not there. */
export async function readTrafficSecrets(
  client: ClusterClient,
  context: CredentialContext,
): Promise<Record<string, ServerSecret | undefined>> {
  const places = credentialsOf(context).flatMap(({ object, name, namespaces, authorities }) =>
    // In the object's own namespace too, where it is put by mistake.
    [...namespaces, object.namespace].flatMap((namespace) =>
      [name, ...authorities].map((each) => `${namespace}/${each}`),
    ),
  );
  const read = sortedUnique(places).map(async (key) => {
    const [namespace = "", name = ""] = key.split("/");
    return [key, await readServerSecret(client, namespace, name)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
