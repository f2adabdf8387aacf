/** Port on which every Envoy of the lab tells about itself, on its Pod's address. */
const ADMIN_PORT = 15000;

/** Port of the east-west gateways. */
export const GATEWAY_PORT = 15443;

/**
 * How many connections a gateway has refused so far because nothing exported has the name that they asked for.
 *
 * @param address the gateway Pod's.
 */
export async function refusedConnections(address: string): Promise<number> {
  const query = `filter=${encodeURIComponent(`_${GATEWAY_PORT}\\.no_filter_chain_match$`)}&format=json`;
  const response = await fetch(`http://${address}:${ADMIN_PORT}/stats?${query}`);
  const { stats } = (await response.json()) as { stats: { value?: number }[] };
  return stats.reduce((sum, { value = 0 }) => sum + value, 0);
}
