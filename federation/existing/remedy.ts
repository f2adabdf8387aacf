import type { ControlPlane } from "./installedIstio.ts";

/** Formats the variables of istiod for the tool that its owner has. */
export function setEnvironment(
  { managedBy }: ControlPlane,
  variables: Readonly<Record<string, string>>,
): string {
  const list = (prefix: string): string =>
    Object.entries(variables)
      .map(([name, value]) => `${prefix}${name}: "${value}"`)
      .join(" and ");
  return forTool(managedBy, list("env."), list("spec.values.pilot.env."));
}

/** Formats a change of the mesh config for the tool that its owner has. @param change e.g. `meshConfig.enableAutoMtls: true`. */
export function setMeshConfig({ managedBy }: ControlPlane, change: string): string {
  return forTool(managedBy, change, `spec.values.${change}`);
}

function forTool(managedBy: string, helm: string, operator: string): string {
  const byHelm = `${helm} in the Helm values of chart istiod`;
  const byOperator = `${operator} in the Istio resource`;
  switch (managedBy) {
    case "Helm":
      return `Set ${byHelm}`;
    case "sail-operator":
      return `Set ${byOperator}`;
    default:
      return `Set ${byHelm} (the Sail operator: ${byOperator})`;
  }
}
