/** Who of this cluster may call an exported Service, and what. */
export interface LocalCaller {
  /** All workloads of these namespaces; without `serviceAccounts` too, all workloads there are. */
  namespaces?: string[];
  /** The workloads of these, each written `<namespace>/<name>`; beside those of `namespaces`. */
  serviceAccounts?: string[];
  /** The only HTTP methods, in upper case; all when left out. */
  methods?: string[];
  /** The only paths: exact, `prefix*` or `*suffix`; all when left out. Both this and `methods` must be met. */
  paths?: string[];
}

/** Who of the peers may call an exported Service, and what. */
export interface Caller extends LocalCaller {
  /** The peer's name in this stack's config; left out: every peer that the Service is offered to. */
  peer?: string;
}

/** What an export rule says of callers. In both lists the first entry that means a caller decides, and whom none means is refused. */
export interface CallerRules {
  /** Left out: all workloads of the peers that the Service is offered to. */
  callers?: Caller[];
  /** Left out: callers of this cluster are unaffected. Empty: none of them may call. */
  localCallers?: LocalCaller[];
}

/** Whether an entry allows only some requests, which is told apart in HTTP alone. */
export function isLimited({ methods, paths }: LocalCaller): boolean {
  return methods !== undefined || paths !== undefined;
}

/** Whether an earlier entry means everybody whom a later one means, so that the later one never decides. */
export function decidesAllOf(earlier: Caller, later: Caller): boolean {
  if (earlier.peer !== undefined && earlier.peer !== later.peer) return false;
  if (meansAll(earlier)) return true;
  if (meansAll(later)) return false;
  const { namespaces = [], serviceAccounts = [] } = earlier;
  return (
    (later.namespaces ?? []).every((namespace) => namespaces.includes(namespace)) &&
    (later.serviceAccounts ?? []).every(
      (account) => serviceAccounts.includes(account) || namespaces.includes(account.split("/", 1)[0] ?? ""),
    )
  );
}

function meansAll({ namespaces, serviceAccounts }: LocalCaller): boolean {
  return namespaces === undefined && serviceAccounts === undefined;
}
