import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { IntermediateRequest } from "../federation/authority/signRequest.ts";
import {
  type SignedIntermediate,
  isIntermediateCurrent,
} from "../federation/authority/signedIntermediate.ts";
import { ADDRESS } from "../federation/core/address.ts";
import { DNS_LABEL } from "../federation/core/names.ts";
import { TRUST_DOMAIN } from "../federation/core/spiffe.ts";
import { messageOf } from "../federation/core/text.ts";
import { issuerFaults } from "../federation/x509/keys.ts";
import { parseRequest, requestFaults } from "../federation/x509/request.ts";
import { DynamicResource } from "./dynamicResource.ts";
import { checkFields, containsUnknown, known, domainText } from "./inputChecks.ts";

/** Arguments of `SignedAuthority`. */
export interface SignedAuthorityArgs {
  /** The cluster's name, for messages. */
  cluster: string;
  /** SPIFFE trust domain of the cluster: the only one that its certificate authority may speak for. */
  trustDomain: string;
  /** DNS names and IP addresses by which its istiod is reached, beside `<service>.istio-system.svc`. */
  istiodHosts: string[];
  /** The cluster's certificate signing request, PEM. */
  request: string;
  /** The shared root, PEM; it issues the certificate. */
  issuerCertificate: pulumi.Input<string>;
  /** Its private key: unencrypted PEM, PKCS #1, SEC 1 or PKCS #8. Kept as a secret input, in no output. */
  issuerKey: pulumi.Input<string>;
}

/**
 * The intermediate with which a cluster's istiod signs under a shared root, for that cluster's trust domain only. It stays the
 * same, byte for byte, as long as nothing that it depends on changes, until its last year.
 */
export class SignedAuthority extends DynamicResource {
  /** PEM. */
  declare readonly certificate: pulumi.Output<string>;

  constructor(name: string, args: SignedAuthorityArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, issuerKey: pulumi.secret(args.issuerKey), certificate: undefined };
    super("./providers/signedAuthority.ts", "SignedAuthority", name, props, opts);
  }
}

const FIELDS = {
  cluster: domainText(DNS_LABEL),
  trustDomain: domainText(TRUST_DOMAIN),
  istiodHosts: z.array(domainText(ADDRESS)),
};

/**
 * Validates the inputs, but for the root's expiry, which counts when it signs. No failure quotes a request, a certificate or a key
 * as given: it could be the key.
 */
function check(news: IntermediateRequest): pulumi.dynamic.CheckResult<IntermediateRequest> {
  const faults = [
    ...faultsOfRequest(news).map((fault) => `request ${fault}`),
    ...issuerFaults(known(news.issuerCertificate), known(news.issuerKey)),
  ];
  const failures = [
    ...checkFields(FIELDS, { ...news }),
    // At `cluster`, as the engine prints the property's value along with the reason.
    ...faults.map((reason) => ({ property: "cluster", reason })),
  ];
  return { inputs: news, failures };
}

function faultsOfRequest({ request, trustDomain }: IntermediateRequest): string[] {
  if (containsUnknown([request, trustDomain])) return [];
  if (typeof request !== "string") return ["must be text"];
  try {
    return requestFaults(parseRequest(request), trustDomain);
  } catch (error) {
    return [messageOf(error)];
  }
}

/**
 * Compares the source of the certificate in the state with the inputs, and validates the certificate: one in its last year is a
 * change. The issuer's key counts only by its certificate: the same key in another encoding changes nothing.
 */
function diff(
  olds: SignedIntermediate,
  { trustDomain, istiodHosts, request, issuerCertificate }: IntermediateRequest,
): pulumi.dynamic.DiffResult {
  const source = { trustDomain, istiodHosts, request, issuerCertificate };
  return { changes: containsUnknown(source) || !isIntermediateCurrent(olds, source, new Date()) };
}

/** Loads the library that writes certificates only now: a preview needs none. */
async function sign(inputs: IntermediateRequest, last?: SignedIntermediate): Promise<SignedIntermediate> {
  const { signRequest } = await import("../federation/authority/signRequest.ts");
  return signRequest(inputs, last, new Date(), randomBytes);
}

export const provider = {
  check: (_olds: object, news) => Promise.resolve(check(news)),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create: async (inputs) => ({ id: inputs.cluster, outs: await sign(inputs) }),
  update: async (_id, olds, news) => ({ outs: await sign(news, olds) }),
  // Only the state holds the certificate: there is nothing to look at, and nothing to delete.
  read: (id, state) => Promise.resolve({ id, props: state as SignedIntermediate }),
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<IntermediateRequest, SignedIntermediate>;
