import * as z from "zod";
import { orUndefined } from "../core/schema.ts";
import { deckhouseAccess } from "./deckhouseAccess.ts";

/** Schema of {@link Publication}. */
export const publication = z.object({
  host: z.string(),
  credentialName: z.string(),
  bind: orUndefined(z.string()),
  /** Undefined where no Deckhouse cluster may read documents. */
  access: orUndefined(deckhouseAccess),
});

/** A gateway that serves documents: what its objects follow from, beside the documents. */
export type Publication = z.output<typeof publication>;
