const PROBE_MILLISECONDS = 5000;

/** Whether a web server answers at all, within seconds: to ask before a download that would try for long. */
export async function isReachable(url: string): Promise<boolean> {
  const answer = fetch(url, { method: "HEAD", signal: AbortSignal.timeout(PROBE_MILLISECONDS) });
  return answer.then(
    (response) => response.ok,
    () => false,
  );
}
