/** Hides variables of the environment in each test of a `describe`; they are as before afterwards. */
export function ownEnvironment(names: readonly string[]): void {
  const before = names.map((name) => [name, process.env[name]] as const);
  const hide = () => {
    for (const name of names) Reflect.deleteProperty(process.env, name);
  };
  beforeEach(hide);
  afterEach(() => {
    hide();
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  });
}
