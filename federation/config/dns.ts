import * as z from "zod";
import { isGiven } from "./sections.ts";
import { IP_ADDRESS, refuseAddress } from "../core/address.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { fields, portNumber, text } from "../core/schema.ts";
import { LOCAL_NAME, LOCAL_NAME_TEMPLATE } from "../imports/localService.ts";
import { DNS_PORT } from "../topology/corefile.ts";

/**
 * How clients find peers' services by this cluster's DNS: with the topology `replicated`, clients without a sidecar, at one address for all
 * global names; with `federation`, clients whose sidecars do not answer DNS, each service by a local Service.
 */
export interface Dns {
  /** By default as kubeadm has it: `namespace` `kube-system`, `configMap` `coredns`, and `port` 53, where its server blocks listen. */
  coreDns?: CoreDns;
  /** A Service beside each imported one, which CoreDNS knows like any other. */
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
  /** Of global names. */
  address: string;
}

const coreDns = fields({
  namespace: text(DNS_LABEL).default("kube-system"),
  configMap: text(HOST_NAME).default("coredns"),
  address: text(IP_ADDRESS).superRefine((address, context) => {
    // Refuses Istio's virtual addresses too: they lead somewhere in a sidecar only.
    const rule = IP_ADDRESS.test(address) ? refuseAddress(address, []) : undefined;
    if (rule === undefined) return;
    const remedy = "Write the address of a gateway in this cluster that takes plain traffic for these names";
    context.addIssue({ code: "custom", message: rule, params: { remedy } });
  }),
  port: portNumber.default(DNS_PORT),
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

/** The section of DNS; an empty one, the project's default, is none. */
export const dns: z.ZodType<Dns | undefined> = z.preprocess(
  (raw) => (isGiven(raw) ? raw : undefined),
  fields({ coreDns: coreDns.exactOptional(), services: services.exactOptional() }).optional(),
);
