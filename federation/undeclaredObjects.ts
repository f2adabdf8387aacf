import { boundedLines, count } from "./core/text.ts";
import { compare } from "./core/order.ts";
import { type Declarations, type LastDeclarations, type OwnObject, declaredKeys } from "./ownObjects.ts";

/** Kinds that the last update recorded whole. */
const RECORDED: readonly string[] = ["AuthorizationPolicy", "ServiceEntry"];

/**
 * Finds policies and aliases with this program's label that no stack's state has: a lost state, or a kill between a creation and the writing
 * of the state, leaves them in force for ever. Of several versions of a policy the newest is the stack's.
 * @returns the objects, and a sentence for each.
 */
export function findUndeclared(
  own: readonly OwnObject[],
  declarations: Declarations,
  last: LastDeclarations,
): { undeclared: OwnObject[]; warnings: string[] } {
  const keyOf = declaredKeys(declarations, last);
  const newest = new Map<string, OwnObject>();
  for (const object of own) {
    const key = keyOf(object);
    const other = key === undefined ? undefined : newest.get(key);
    if (key !== undefined && (other === undefined || isNewer(object, other))) newest.set(key, object);
  }
  const undeclared = own.filter((object) => {
    const key = keyOf(object);
    return key === undefined ? RECORDED.includes(object.kind) : newest.get(key) !== object;
  });
  const warnings = boundedLines(
    undeclared,
    (object) => {
      const { kind, namespace, name } = object;
      const key = keyOf(object);
      const reason =
        key === undefined
          ? "is declared neither by this plan nor by the last update"
          : `is an older version of ${newest.get(key)?.name}`;
      return (
        `${kind} ${namespace}/${name} has this program's label and ${reason}, but is in force. If it is still there after ` +
        `\`pulumi up\`, the state does not have it: \`kubectl delete ${kind.toLowerCase()} ${name} -n ${namespace}\`.`
      );
    },
    (more) => `and ${count(more)} more objects that no update deletes`,
  );
  return { undeclared, warnings };
}

function isNewer(one: OwnObject, other: OwnObject): boolean {
  return (compare(one.created, other.created) || compare(one.name, other.name)) > 0;
}
