/**
 * Client identity of the mutual TLS connection that the sidecar terminated: the URI of the last element of
 * `X-Forwarded-Client-Cert`. Earlier elements are only forwarded.
 *
 * @param header the header's value; undefined when the request came in plain text.
 * @returns a SPIFFE id, or undefined when there is none.
 */
export function clientIdentity(header: string | undefined): string | undefined {
  // Only `Subject` is quoted, and only it may hold commas and semicolons.
  const last = header
    ?.replaceAll(/"(?:[^"\\]|\\.)*"/g, "")
    .split(",")
    .at(-1);
  const uri = last?.split(";").find((pair) => pair.startsWith("URI="));
  return uri?.slice("URI=".length);
}
