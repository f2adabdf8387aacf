import { X509Certificate, createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";
import {
  type ContractSigner,
  type ValidSignature,
  signContract,
} from "../../federation/contract/signature.ts";
import { signerIdentity } from "../../federation/contract/signer.ts";
import { ROOT_A, ROOT_B, ROOT_C, ROOT_CERTIFICATE, ROOT_D } from "./samples.ts";

/** Keys of the sample roots, PKCS #8 in base64. */
const KEYS = new Map([
  [
    ROOT_A,
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgd8bxPJ9AwnEME+PdeJN8FmtGKdj3bvBfzGdxlKjE/QihRANCAAQF+UY95GozKlpivDM8v52i28zFCXDpjPAmTTSv6fJgAbumwoSmwgfcUS2HxCXzERYJ+F29Fn+/tecq+/avwIQd",
  ],
  [
    ROOT_B,
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKeOSb3PWyHXb3t8Ciqn4g7CNXUcOdOY11XQsujO/kgihRANCAAS1IkQX0jVxCXIrm/I5CYhCQzdU1dv4snLzFhAU5p2UQ35F581vlWFggk5kL0z6AA2V+g+BOrZYjkYNPJKJqvzA",
  ],
  [
    ROOT_C,
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/0EP4CY+5nxjwhot/jslR/5gPtFv+NdNK1JbR/s3wk2hRANCAAS+jGR65bbLuWKx03fzqgImmPOBs4ddu2Ei5Rrgg5GWfAVZnyOgaisaEMzRyHXNRych5QtqZ0h4gz9lS3RXpfNT",
  ],
  [
    ROOT_D,
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3ztO+PWhr8+PoYiACWX/gZ0cvDeZLhdxGbX8moSKFkGhRANCAAQPn7HH/TN6dxujE5DhI+ECsB/N90r5+6TNbqM6DzfEQ0MhIdaALsHK9RgHU4+vMKVB/fXwBnec2C1RGALIrHrV",
  ],
  [
    ROOT_CERTIFICATE,
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgMyrVdda6PoEjWgRKHLMRu+NHhiYgKMOalXvSa53ifImhRANCAAQTxShqqMAW6worBMMYMsR7VOzmWa7UX9nJPQgabWeByVFHr2zdhZAHCBSH4WWChu9Fo26fKcbat96adbyyJPrl",
  ],
]);

const ECDSA_SHA_256 = "1.2.840.10045.4.3.2";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";

/** Fields that a signer is made from: the first of these roots that is a sample root issues its certificate. */
interface Signed {
  trustDomain: string;
  rootCertificates: readonly string[];
}

/** Has contracts with a further root signed under it. @param key PEM. */
export function addRoot(pem: string, key: string): void {
  KEYS.set(pem, createPrivateKey(key).export({ type: "pkcs8", format: "der" }).toString("base64"));
}

const signers = new Map<string, ContractSigner>();

/** Makes the signer of a sample contract, without waiting as WebCrypto does. */
function signerOf({ trustDomain, rootCertificates }: Signed): ContractSigner {
  const root = rootCertificates.find((pem) => KEYS.has(pem)) ?? ROOT_B;
  const name = `${trustDomain} ${root}`;
  const signer = signers.get(name) ?? makeSigner(root, trustDomain);
  signers.set(name, signer);
  return signer;
}

function makeSigner(root: string, trustDomain: string): ContractSigner {
  const rootKey = createPrivateKey({
    key: Buffer.from(KEYS.get(root) ?? "", "base64"),
    format: "der",
    type: "pkcs8",
  });
  const { subject, validity } = AsnConvert.parse(
    new X509Certificate(root).raw,
    x509.Certificate,
  ).tbsCertificate;
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  const algorithm = new x509.AlgorithmIdentifier({ algorithm: ECDSA_SHA_256 });
  const extension = (extnID: string, value: unknown): x509.Extension =>
    new x509.Extension({ extnID, extnValue: new OctetString(AsnConvert.serialize(value)) });
  const identity = new x509.GeneralName({ uniformResourceIdentifier: signerIdentity(trustDomain) });
  const tbsCertificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: Uint8Array.from(createHash("sha256").update(spki).digest().fill(1, 0, 1)).buffer,
    signature: algorithm,
    issuer: subject,
    validity,
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(spki, x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions([
      extension(x509.id_ce_subjectAltName, new x509.SubjectAlternativeName([identity])),
      extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([CODE_SIGNING])),
    ]),
  });
  const signature = sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), rootKey);
  const certificate = new x509.Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: Uint8Array.from(signature).buffer,
  });
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificates: [new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString()],
  };
}

/**
 * The signature of a sample contract as a reader finds it valid. The digest is not that of the canonical form.
 * @param contract a malformed one is signed by cluster-b.
 */
export function validSignature(contract: unknown): ValidSignature {
  const { trustDomain, rootCertificates } = (contract ?? {}) as Partial<Record<keyof Signed, unknown>>;
  const { certificates } = signerOf({
    trustDomain: typeof trustDomain === "string" ? trustDomain : "cluster-b.local",
    rootCertificates: Array.isArray(rootCertificates) ? (rootCertificates as string[]) : [],
  });
  return {
    certificates: certificates.map((pem) => new X509Certificate(pem)),
    digest: createHash("sha256").update(JSON.stringify(contract)).digest("hex"),
  };
}

/** Signs a sample contract. */
export async function signed<T extends Signed>(contract: T): Promise<T & { signature: string }> {
  return { ...contract, signature: await signContract(contract, signerOf(contract)) };
}
