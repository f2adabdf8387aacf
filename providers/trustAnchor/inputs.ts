/** What `check` passed. */
export interface Inputs {
  /** The peer's name, for messages. */
  peer: string;
  trustDomain: string;
  /** The peer's, PEM, one each. */
  rootCertificates: string[];
  /** Our own root, PEM. */
  issuerCertificate: string;
  /** Its private key, PEM: in the inputs, which the engine encrypts, and in nothing that is made of them. */
  issuerKey: string;
}

/** Outputs: the anchors, and what `diff` needs to see what they were made from. */
export interface State {
  /** {@link ANCHOR_FORMAT} of the program that made them. */
  format: number;
  trustDomain: string;
  /** SHA-256 of the root that each anchor stands for, as `AB:CD:...`, in the anchors' order. */
  rootFingerprints: string[];
  /** SHA-256 of the certificate that issued them. */
  issuerFingerprint: string;
  /** The anchors, PEM. */
  certificates: string[];
}

/** Counts how anchors are made: those of another format are made anew. */
export const ANCHOR_FORMAT = 1;
