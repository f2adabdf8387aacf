/** Namespaces that see an object; undefined for all. */
export type Viewers = readonly string[] | undefined;

/** Returns the namespaces that see an object of namespace `own`, as Istio reads its `exportTo`: `.` is `own`, `~` is none. */
export function viewersOf(exportTo: readonly string[] | undefined, own: string): Viewers {
  if (exportTo === undefined || exportTo.length === 0 || exportTo.includes("*")) return undefined;
  return exportTo
    .filter((namespace) => namespace !== "~")
    .map((namespace) => (namespace === "." ? own : namespace));
}

/** Whether some namespace sees both of two objects. */
export function haveCommonViewer(one: Viewers, other: Viewers): boolean {
  return one === undefined || other === undefined || one.some((namespace) => other.includes(namespace));
}
