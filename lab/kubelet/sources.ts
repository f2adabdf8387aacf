import type { V1ConfigMap, V1Pod, V1Secret } from "@kubernetes/client-node";

/** A file's or a variable's bytes. */
export type Bytes = Uint8Array;

/** What Pods take data from. Undefined: there is no such object (yet). */
export interface Sources {
  configMap(namespace: string, name: string): Record<string, Bytes> | undefined;
  secret(namespace: string, name: string): Record<string, Bytes> | undefined;
  /** A token of the Pod's service account, renewed before it expires. */
  token(pod: V1Pod, audience: string | undefined, expirationSeconds: number | undefined): Promise<string>;
}

/** A Pod cannot start yet, because an object that it names is missing; it may come. */
export class MissingSourceError extends Error {
  constructor(kind: "ConfigMap" | "Secret", namespace: string, name: string, key?: string) {
    super(`${kind} ${namespace}/${name}${key === undefined ? "" : ` has no key ${key}, or`} does not exist`);
    this.name = "MissingSourceError";
  }
}

/** The data of a ConfigMap, text and binary alike. */
export function configMapData(object: V1ConfigMap): Record<string, Bytes> {
  const text = Object.entries(object.data ?? {}).map(([key, value]): [string, Bytes] => [
    key,
    Buffer.from(value),
  ]);
  return { ...Object.fromEntries(text), ...decode(object.binaryData) };
}

/** The data of a Secret, decoded. */
export function secretData(object: V1Secret): Record<string, Bytes> {
  return decode(object.data);
}

function decode(data: Record<string, string> = {}): Record<string, Bytes> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64")]));
}
