/** The addresses of imported names as a stack publishes them for its own next run: by peer, then by name, sorted. */
export type ImportAddresses = Record<string, Record<string, string>>;

/** What a stack has its cluster's DNS know of peers. */
export interface ClusterDns {
  /** Server blocks for the Corefile, in our markers; left out: none. */
  block?: string;
  /** At which address imported names are known, for the next run; left out where none is to be kept. */
  addresses?: ImportAddresses;
}
