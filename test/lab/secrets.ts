/** What never stands in clear in a state or a log: key material, bearer tokens, a kubeconfig's credentials. */
export const SECRETS = new RegExp(
  [
    "PRIVATE KEY",
    // The same in base64, as a Secret's data has it: whole PEM texts begin with these.
    ...["", "EC ", "RSA "].map((kind) => base64Start(`-----BEGIN ${kind}PRIVATE KEY-----`)),
    ...["eyJhbGciOi", "client-key-data", "client-certificate-data", "certificate-authority-data"],
  ].join("|"),
);

/** How the base64 of any text begins that begins so. */
function base64Start(text: string): string {
  return Buffer.from(text.slice(0, text.length - (text.length % 3)))
    .toString("base64")
    .replaceAll("+", "\\+");
}
