// A process that takes a range of loopback addresses, says which, and keeps it until it is killed. Argument: its folder.
import { holdRange, networkAt } from "../../lab/addressRange.ts";

try {
  const range = await holdRange(process.argv[2] ?? "");
  process.send?.({ range, network: networkAt(0) });
} catch (error) {
  process.send?.({ failure: (error as Error).message });
}
// Until the other side is gone.
process.on("message", () => undefined);
