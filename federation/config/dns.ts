import * as z from "zod";
import { IP_ADDRESS, refuseAddress } from "../address.ts";
import { DNS_LABEL, HOST_NAME } from "../hostname.ts";
import { DNS_PORT } from "../corefile/stub.ts";
import { refuseRange } from "../dns/addressRange.ts";
import { LOCAL_NAME, LOCAL_NAME_TEMPLATE } from "../dns/localName.ts";
import { isGiven } from "./sections.ts";
import { type Complaint, checked, fields, portNumber, text } from "../schema.ts";

/**
 * How clients find peers' services by this cluster's CoreDNS: with the topology `replicated`, clients without a sidecar, at one address for all global
 * names; with `federation`, clients whose sidecars do not answer DNS, either each name at an address of its own, or each service by a local Service.
 */
export interface Dns {
  /** By default as kubeadm has it: `namespace` `kube-system`, `configMap` `coredns`, and `port` 53, where its server blocks listen. */
  coreDns?: CoreDns;
  /** Range from which imported services have addresses, in CIDR form; with the topology `federation` and `coreDns`, and only then. */
  addresses?: string;
  /** A Service beside each imported one, which CoreDNS knows like any other; with the topology `federation`, and without `coreDns`. */
  services?: LocalServices;
}

export interface LocalServices {
  /** How each is called, by {@link LOCAL_NAME_TEMPLATE}. */
  name: string;
  /** How many there may be, of all peers that are not pending: each takes an address of the cluster's range for Services. */
  limit: number;
}

export interface CoreDns {
  namespace: string;
  configMap: string;
  port: number;
  /** Of global names; with the topology `replicated`, and only then. */
  address?: string;
}

/** Beside Istio's own, in what no network uses. */
const ADDRESSES = "240.241.0.0/16";

const coreDns = checked(
  fields({
    namespace: text(DNS_LABEL).default("kube-system"),
    configMap: text(HOST_NAME).default("coredns"),
    address: text(IP_ADDRESS).exactOptional(),
    port: portNumber.default(DNS_PORT),
  }),
  ({ address }): Complaint[] => {
    // Istio's virtual addresses are such too: they lead somewhere in a sidecar only.
    const rule = address !== undefined && IP_ADDRESS.test(address) ? refuseAddress(address, []) : undefined;
    if (rule === undefined) return [];
    const remedy = "Write the address of a gateway in this cluster that takes plain traffic for these names";
    return [{ path: ["address"], rule, remedy }];
  },
);

const addresses = z.string().superRefine((cidr, context) => {
  const rule = refuseRange(cidr);
  if (rule === undefined) return;
  const remedy = `Write a range of IPv4 addresses that nobody uses, e.g. ${ADDRESSES}`;
  context.addIssue({ code: "custom", message: rule, params: { remedy } });
});

/** A range is often a /20, of 4,094 addresses, and the cluster's own Services need theirs. */
const LOCAL_LIMIT = 1000;

const services = fields({
  name: text(LOCAL_NAME_TEMPLATE).default(LOCAL_NAME),
  limit: z
    .number()
    .refine((value) => Number.isInteger(value) && value >= 1, {
      error: "must be a whole number from 1 on",
      params: { remedy: "Choose such a number" },
    })
    .default(LOCAL_LIMIT),
});

function judgeWhole({
  coreDns: stub,
  addresses: given,
  services: local,
}: {
  coreDns?: unknown;
  addresses?: unknown;
  services?: unknown;
}): Complaint[] {
  return [
    ...(given === undefined || stub !== undefined
      ? []
      : [
          {
            path: ["addresses"],
            rule: "is for names that CoreDNS answers, which dns.coreDns asks for",
            remedy: "Write `coreDns: {}` beside it, or remove it",
          },
        ]),
    ...(local === undefined || stub === undefined
      ? []
      : [
          {
            path: ["services"],
            rule: "is for clusters whose Corefile stays as it is, which dns.coreDns changes",
            remedy: "Choose one of the two, and remove the other",
          },
        ]),
  ];
}

/** The section of DNS; an empty one, the project's default, is none. */
export const dns: z.ZodType<Dns | undefined> = z.preprocess(
  (raw) => (isGiven(raw) ? raw : undefined),
  checked(
    fields({
      coreDns: coreDns.exactOptional(),
      addresses: addresses.exactOptional(),
      services: services.exactOptional(),
    }),
    judgeWhole,
  )
    .transform(({ coreDns: stub, ...given }): Dns =>
      stub === undefined || stub.address !== undefined
        ? { ...(stub === undefined ? {} : { coreDns: stub }), ...given }
        : { coreDns: stub, ...given, addresses: given.addresses ?? ADDRESSES },
    )
    .optional(),
);
