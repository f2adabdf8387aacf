import type { Value } from "../protocol/values.ts";

/** One property of a resource of the TLS provider. */
export interface Attribute {
  /** Computed by the provider; everything else is an input. */
  readonly computed?: boolean;
  readonly required?: boolean;
  /** Taken when the program gives none; stays out of the inputs. */
  readonly default?: Value;
  readonly secret?: boolean;
  /** Changes in place; by default a change replaces the resource. */
  readonly updates?: boolean;
  /** The values that the provider accepts, of the property or of each item of a list. */
  readonly values?: readonly string[];
  readonly minimum?: number;
}

export type Schema = Readonly<Record<string, Attribute>>;

export const CURVES = ["P224", "P256", "P384", "P521"] as const;

/** Names of `allowedUses`, as the provider takes them at run time, with the bit of the key usage extension. */
export const KEY_USAGES: Readonly<Record<string, number>> = {
  digital_signature: 1 << 0,
  content_commitment: 1 << 1,
  key_encipherment: 1 << 2,
  data_encipherment: 1 << 3,
  key_agreement: 1 << 4,
  cert_signing: 1 << 5,
  crl_signing: 1 << 6,
  encipher_only: 1 << 7,
  decipher_only: 1 << 8,
};

/** Names of `allowedUses` for the extended key usage extension, with the object identifiers. */
export const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
  microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
  microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

const NAMES: Schema = { subject: {}, dnsNames: {}, ipAddresses: {}, uris: {} };

const CERTIFICATE: Schema = {
  validityPeriodHours: { required: true, minimum: 0 },
  allowedUses: { required: true, values: [...Object.keys(KEY_USAGES), ...Object.keys(EXTENDED_KEY_USAGES)] },
  isCaCertificate: { default: false },
  maxPathLength: { minimum: -1 },
  earlyRenewalHours: { default: 0, minimum: 0, updates: true },
  setSubjectKeyId: { default: false },
  certPem: { computed: true },
  readyForRenewal: { computed: true },
  validityStartTime: { computed: true },
  validityEndTime: { computed: true },
};

/** The resources, by type token; names and rules are those of the provider's schema. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  "tls:index/privateKey:PrivateKey": {
    algorithm: { required: true, values: ["RSA", "ECDSA", "ED25519"] },
    rsaBits: { default: 2048 },
    ecdsaCurve: { default: "P224", values: CURVES },
    privateKeyPem: { computed: true, secret: true },
    privateKeyPemPkcs8: { computed: true, secret: true },
    privateKeyOpenssh: { computed: true, secret: true },
    publicKeyPem: { computed: true },
    publicKeyOpenssh: { computed: true },
    publicKeyFingerprintMd5: { computed: true },
    publicKeyFingerprintSha256: { computed: true },
  },
  "tls:index/certRequest:CertRequest": {
    privateKeyPem: { required: true, secret: true },
    ...NAMES,
    keyAlgorithm: { computed: true },
    certRequestPem: { computed: true },
  },
  "tls:index/selfSignedCert:SelfSignedCert": {
    privateKeyPem: { required: true, secret: true },
    ...NAMES,
    ...CERTIFICATE,
    setAuthorityKeyId: { default: false },
    keyAlgorithm: { computed: true },
  },
  "tls:index/locallySignedCert:LocallySignedCert": {
    certRequestPem: { required: true },
    caCertPem: { required: true },
    caPrivateKeyPem: { required: true, secret: true },
    ...CERTIFICATE,
    caKeyAlgorithm: { computed: true },
  },
};
