import type { V1Pod } from "@kubernetes/client-node";
import type { Sources } from "../../../lab/kubelet/sources.ts";

/** A Pod as the kubelet has it once address and node are known. */
export function podFixture(changes: Partial<V1Pod> = {}): V1Pod {
  return {
    metadata: {
      name: "foo-1",
      namespace: "abc",
      uid: "0000-1",
      labels: { version: "v1", app: "foo" },
      annotations: { note: 'says "hi"\nand more' },
    },
    spec: { nodeName: "lab", serviceAccountName: "foo", containers: [{ name: "app" }] },
    status: { podIP: "127.10.1.1", hostIP: "127.10.0.1" },
    ...changes,
  };
}

/** Sources with these ConfigMaps and Secrets (data by `namespace/name`), and a token that tells what was asked for. */
export function sourcesFixture(
  configMaps: Record<string, Record<string, string>> = {},
  secrets: Record<string, Record<string, string>> = {},
): Sources {
  const find = (objects: Record<string, Record<string, string>>) => (namespace: string, name: string) => {
    const data = objects[`${namespace}/${name}`];
    return data && Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)]));
  };
  return {
    configMap: find(configMaps),
    secret: find(secrets),
    token: (pod, audience, seconds) => Promise.resolve(`${pod.metadata?.name} ${audience} ${seconds}`),
  };
}
