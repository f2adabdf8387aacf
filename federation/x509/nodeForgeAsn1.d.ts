/** The ASN.1 part of node-forge, which loads in a fifth of the whole's time; `@types/node-forge` declares the whole only. */
declare module "node-forge/lib/asn1.js" {
  import type forge from "node-forge";
  const asn1: typeof forge.asn1;
  export default asn1;
}
