/** What `check` passed. */
export interface Inputs {
  /** The cluster's name, for messages. */
  cluster: string;
  trustDomain: string;
  /** DNS names and IP addresses. */
  istiodHosts: string[];
  /** Certificate signing request, PEM. */
  request: string;
  /** The shared root, PEM. */
  issuerCertificate: string;
  /** Its private key, PEM: in the inputs, which the engine encrypts, and in nothing that is made of them. */
  issuerKey: string;
}

/** Outputs: the certificate, and what `diff` needs to see what it was made from. */
export interface State {
  /** {@link AUTHORITY_FORMAT} of the program that made it. */
  format: number;
  trustDomain: string;
  istiodHosts: string[];
  /** SHA-256 of the public key that was certified, as `AB:CD:...`. */
  keyFingerprint: string;
  /** SHA-256 of the certificate that issued it. */
  issuerFingerprint: string;
  /** PEM. */
  certificate: string;
}

/** Counts how certificates are made: those of another format are made anew. */
export const AUTHORITY_FORMAT = 1;
