import { type TextRule, pattern } from "./textRule.ts";

/** What Pulumi takes as the name of an organization, project or stack. */
const PART = "[A-Za-z0-9_.-]{1,100}";

/** Two parts are refused: the CLI reads `a/b` as organization and stack, a stack reference as project and stack. */
export const STACK_NAME: TextRule = pattern(
  new RegExp(`^(?:${PART}/${PART}/)?${PART}$`),
  302,
  "must be a stack's name: bare for a stack of this project, else organization/project/stack",
  "Write one or all three parts ('organization' is literal for a state backend of one's own)",
);
