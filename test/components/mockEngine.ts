import { generateKeyPairSync } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { ROOT_A, ROOT_B, ROOT_CERTIFICATE } from "../federation/samples.ts";
import { setEngine } from "../support/mockMonitor.ts";

/** A resource as the program registered it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Reference of the provider it was registered with. */
  provider: string;
}

/** Key that signs the contract, PEM: the one private key that a component itself uses. */
const CONTRACT_KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });

/** Public half of every key, PEM. */
export const PUBLIC_KEY = generateKeyPairSync("ed25519")
  .publicKey.export({ type: "spki", format: "pem" })
  .toString();

/** Outputs that the real providers compute, by resource type. */
const COMPUTED: Record<string, (name: string) => Record<string, unknown>> = {
  "tls:index/privateKey:PrivateKey": (name) => ({
    privateKeyPem: name.endsWith("-contract-key") ? CONTRACT_KEY : `private key of ${name}`,
    publicKeyPem: PUBLIC_KEY,
  }),
  "tls:index/selfSignedCert:SelfSignedCert": (name) => ({
    certPem: name.endsWith("-root") ? ROOT_CERTIFICATE : NEXT_ROOT_CERTIFICATE,
  }),
  "tls:index/certRequest:CertRequest": (name) => ({ certRequestPem: `request ${name}` }),
  "tls:index/locallySignedCert:LocallySignedCert": () => ({ certPem: INTERMEDIATE_CERTIFICATE }),
  "kubernetes:core/v1:ServiceAccount": () => ({ metadata: { name: READER, uid: "uid-of-reader" } }),
  "pulumi-nodejs:dynamic:GatewayAddresses": () => ({ addresses: [] }),
  "pulumi-nodejs:dynamic:ReaderToken": () => ({ token: READER_TOKEN, ...READER_LIFE }),
  "pulumi-nodejs:dynamic:SignedAuthority": () => ({ certificate: INTERMEDIATE_CERTIFICATE }),
  "pulumi-nodejs:dynamic:TrustAnchor": () => ({ certificates: [ANCHOR_CERTIFICATE] }),
};

/** Stands in for the engine: records registered resources; in a preview it computes no outputs. */
export class MockEngine {
  readonly resources: Registered[] = [];
  /** Outputs of existing stacks by full name; undefined if no stack may be read. */
  stacks: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  private readonly held: ((name: string) => Promise<void>)[] = [];

  /**
   * @param preview whether this is `pulumi preview`: outputs that providers compute are then unknown.
   * @param isThere whether the resources exist; a preview answers with the inputs only all the same.
   */
  async start(preview: boolean, isThere = !preview): Promise<void> {
    await setEngine(
      {
        newResource: async ({ type, name, inputs, provider = "" }) => {
          this.resources.push({ type, name, inputs: inputs as Record<string, unknown>, provider });
          for (const hold of this.held) await hold(name);
          // The provider's check adds an input, which a preview answers with too.
          const computed = { braked: "", ...(preview ? {} : { ...COMPUTED[type]?.(name), imported: 1 }) };
          return { id: isThere ? `${name}-id` : undefined, state: { ...(inputs as object), ...computed } };
        },
        call: ({ token, inputs }: { token: string; inputs: { name: string } }) =>
          this.readStack(token, inputs.name),
      },
      "istio-federation",
      "cluster-a",
      preview,
      "organization",
    );
  }

  private readStack(token: string, name: string): Record<string, unknown> {
    if (token !== "pulumi:pulumi:readStackOutputs" || this.stacks === undefined)
      throw new Error(`the components are to call nothing, yet: ${token}`);
    const outputs = this.stacks[name];
    if (outputs !== undefined) return { name, outputs, secretOutputNames: [] };
    const details = `unknown stack "${name}"`;
    // The SDK shows the text that the engine puts in gRPC's `details`.
    throw Object.assign(new Error(details), { details });
  }

  /**
   * Makes a resource late, to see what does not wait for it.
   * @param held text in the name of the resource.
   * @param other name of another resource.
   * @returns whether the other one was registered before the late one was made; undefined while none is made.
   */
  hold(held: string, other: string): () => boolean | undefined {
    let isEarlier: boolean | undefined;
    this.held.push(async (name) => {
      if (!name.includes(held)) return;
      await setTimeout(200);
      isEarlier = this.resources.some((resource) => resource.name === other);
    });
    return () => isEarlier;
  }

  /** Waits until all declared resources are registered. */
  async finish(): Promise<void> {
    // The SDK's own test helper; it is exported, but not declared.
    await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  }

  /** Returns the only resource whose name has this ending. */
  named(ending: string): Registered {
    const found = this.resources.filter(({ name }) => name.endsWith(ending));
    const [only] = found;
    if (found.length !== 1 || only === undefined) {
      throw new Error(
        `${found.length} resources end in ${ending}: ${this.resources.map(({ name }) => name).join(", ")}`,
      );
    }
    return only;
  }
}

/** The value of an output; undefined while it is unknown, as in a preview. */
export async function settled<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const known = output as pulumi.Output<T> & { promise(): Promise<T>; isKnown: Promise<boolean> };
  const value = await known.promise();
  return (await known.isKnown) ? value : undefined;
}

/** ServiceAccount of a peer's istiod, its token, and the token's validity. */
export const READER = "istio-federation-reader-cluster-b";
export const READER_TOKEN = "token.of.cluster-b";
export const READER_LIFE = { issued: "2026-11-21T10:00:00Z", expires: "2026-12-21T10:00:00Z", hours: 720 };

/** Any CA certificates, as only their text is compared. */
export const INTERMEDIATE_CERTIFICATE = ROOT_A;
export const ANCHOR_CERTIFICATE = ROOT_B;

/** Certificate of the second root. */
export const NEXT_ROOT_CERTIFICATE = ROOT_A;
