import { createHash, createPublicKey } from "node:crypto";
import tlsPackage from "@pulumi/tls/package.json" with { type: "json" };
import type { CheckFailure, Provider, ResourceKind } from "../protocol/provider.ts";
import {
  differences,
  mapValues,
  markSecrets,
  reveal,
  Secret,
  UNKNOWN,
  type Differences,
  type Properties,
} from "../protocol/values.ts";
import type { Issued } from "./certificate.ts";
import { formatOpenSsh } from "./openSsh.ts";
import { generatePrivateKey, traditionalPem } from "./privateKey.ts";
import { SCHEMAS, type Schema } from "./schema.ts";

/** Stand-in for the TLS provider: keys, requests and certificates. It has no configuration. */
export function tlsProvider(): Provider {
  return {
    name: "tls",
    version: tlsPackage.version,
    checkConfig: ({ news }) => ({ inputs: news }),
    diffConfig: () => ({ differences: {} }),
    configure: () => undefined,
    kind: tlsResource,
  };
}

const HOUR = 3_600_000;

type Make = (inputs: Properties) => Promise<Issued>;

const MAKERS: Readonly<Record<string, Make>> = {
  "tls:index/privateKey:PrivateKey": makePrivateKey,
  "tls:index/certRequest:CertRequest": makeRequest,
  "tls:index/selfSignedCert:SelfSignedCert": async (inputs) => (await certificates()).selfSign(inputs),
  "tls:index/locallySignedCert:LocallySignedCert": async (inputs) =>
    (await certificates()).signLocally(inputs),
};

/** Loaded by need: most previews and updates issue no certificate. */
async function certificates() {
  return import("./certificate.ts");
}

/** The life of a resource of the TLS provider; throws on a type token that the stand-in does not know. */
export function tlsResource(type: string): ResourceKind {
  const schema = SCHEMAS[type];
  const make = MAKERS[type];
  if (schema === undefined || make === undefined) {
    const known = Object.keys(SCHEMAS).join(", ");
    throw new Error(`the lab's stand-in of the tls provider does not know ${type}; it knows ${known}`);
  }
  return {
    check: ({ news }) => ({ inputs: dropNulls(news), failures: checkInputs(schema, news) }),
    diff: ({ olds, news }) => {
      const found = { ...changes(schema, olds, news), ...renewal(schema, olds, news) };
      const replaces = Object.keys(found).filter(
        (path) => schema[/^\w+/.exec(path)?.[0] ?? ""]?.updates !== true,
      );
      return { differences: found, replaces };
    },
    create: async ({ inputs, preview }) => {
      const planned = plan(schema, inputs);
      if (preview) return { id: "", outputs: state(schema, planned, unknownOutputs(schema)) };
      const { id, outputs } = await make(reveal(planned));
      return {
        id,
        outputs: state(schema, planned, { readyForRenewal: isDue(outputs, planned), ...outputs }),
      };
    },
    read: ({ id, outputs, inputs }) => {
      if (Object.keys(outputs).length === 0)
        throw new Error("the lab's stand-in of the tls provider cannot import; it reads what it made itself");
      const due = "validityEndTime" in outputs ? { readyForRenewal: isDue(outputs, outputs) } : {};
      return { id, inputs, outputs: { ...outputs, ...due } };
    },
    update: ({ olds, news }) => {
      const planned = plan(schema, news);
      const kept = Object.fromEntries(Object.entries(olds).filter(([key]) => schema[key]?.computed === true));
      return state(schema, planned, { ...kept, readyForRenewal: isDue(kept, planned) });
    },
    delete: () => undefined,
  };
}

function checkInputs(schema: Schema, news: Properties): CheckFailure[] {
  const unknownNames = Object.keys(news).filter((key) => schema[key]?.computed ?? schema[key] === undefined);
  const failures = unknownNames.map((property) => ({ property, reason: "is not an input of this resource" }));
  for (const [property, attribute] of Object.entries(schema)) {
    const value = reveal(news[property]);
    if (value === undefined || value === null) {
      if (attribute.required === true) failures.push({ property, reason: "Missing required property" });
      continue;
    }
    const given = [value].flat().filter((item) => typeof item === "string" || typeof item === "number");
    const wrong =
      attribute.values === undefined ? [] : given.filter((item) => !attribute.values?.includes(String(item)));
    if (wrong.length > 0) {
      failures.push({
        property,
        reason: `got ${JSON.stringify(wrong)}, expected one of ${attribute.values?.join(", ")}`,
      });
    }
    if (attribute.minimum !== undefined && given.some((item) => Number(item) < (attribute.minimum ?? 0))) {
      failures.push({
        property,
        reason: `got ${JSON.stringify(given)}, expected at least ${attribute.minimum}`,
      });
    }
  }
  return failures;
}

/** The inputs with the schema's defaults, which is what the state is compared with. */
function plan(schema: Schema, inputs: Properties): Properties {
  const defaults = mapValues(schema, (attribute) => attribute.default ?? null);
  return { ...dropNulls(defaults), ...dropNulls(inputs) };
}

function changes(schema: Schema, olds: Properties, news: Properties): Differences {
  const inputs = Object.keys(schema).filter((key) => schema[key]?.computed !== true);
  const planned = plan(schema, news);
  // The provider computes a path length that is not given, so that taking it away changes nothing.
  const compared = inputs.filter((key) => key !== "maxPathLength" || planned[key] !== undefined);
  const only = (all: Properties): Properties => Object.fromEntries(compared.map((key) => [key, all[key]]));
  return differences(only(olds), only(planned));
}

/** A certificate at the end of its time, early renewal counted, is to be replaced. */
function renewal(schema: Schema, olds: Properties, news: Properties): Differences {
  return "readyForRenewal" in schema && isDue(olds, plan(schema, news)) ? { readyForRenewal: "update" } : {};
}

function isDue(certificate: Properties, planned: Properties): boolean {
  const end = certificate["validityEndTime"];
  const early = reveal(planned["earlyRenewalHours"]);
  if (typeof end !== "string" || typeof early !== "number") return false;
  return Date.parse(end) - early * HOUR <= Date.now();
}

function unknownOutputs(schema: Schema): Properties {
  return dropNulls(mapValues(schema, (attribute) => (attribute.computed === true ? UNKNOWN : null)));
}

function state(schema: Schema, planned: Properties, computed: Properties): Properties {
  const outputs = mapValues({ ...planned, ...computed }, (value, key) => markSecrets(value, planned[key]));
  const known = Object.entries(outputs).filter(([key]) => schema[key] !== undefined);
  return mapValues(Object.fromEntries(known), (value, key) =>
    schema[key]?.secret === true ? new Secret(value) : value,
  );
}

async function makePrivateKey(inputs: Properties): Promise<Issued> {
  const key = await generatePrivateKey(inputs as unknown as Parameters<typeof generatePrivateKey>[0]);
  const publicKey = createPublicKey(key);
  return {
    id: sha1(publicKey.export({ type: "spki", format: "der" })),
    outputs: {
      privateKeyPem: traditionalPem(key),
      privateKeyPemPkcs8: key.export({ type: "pkcs8", format: "pem" }).toString(),
      publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
      ...formatOpenSsh(key),
    },
  };
}

async function makeRequest(inputs: Properties): Promise<Issued> {
  const { pem, der, keyAlgorithm } = await (await certificates()).requestCertificate(inputs);
  return { id: sha1(der), outputs: { certRequestPem: pem, keyAlgorithm } };
}

function sha1(data: Buffer): string {
  return createHash("sha1").update(data).digest("hex");
}

function dropNulls(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).filter(([, value]) => value !== null && value !== undefined),
  );
}
