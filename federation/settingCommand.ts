/**
 * The command that sets a value of a stack's config, for a message.
 * @param path from the config's key on: `peers.b.identity.roots[0]`.
 */
export function settingCommand(path: string, value: string): string {
  return `\`pulumi config set --path 'istio-federation:${path}' ${value}\``;
}
