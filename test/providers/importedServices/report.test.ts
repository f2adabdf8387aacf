import assert from "node:assert/strict";
import { reportFailures } from "../../../providers/importedServices/writes.ts";

const failed = (reason: (name: string) => string, ...names: string[]) =>
  names.map((host) => ({ host, objects: [], reason: reason(host) }));
const invalid = (name: string): string => `cannot apply ${name}: "${name}" is invalid`;

describe("The failures of an update", () => {
  it("are one sentence per cause, with the first names", () => {
    const failures = failed(invalid, "a.b", "b.b", "c.b", "d.b", "e.b");
    assert.deepEqual(reportFailures("0 of 5 are there", failures), [
      "0 of 5 are there. The next run resumes",
      'cannot apply a.b: "a.b" is invalid (the same for 4 more: b.b, c.b, d.b and 1 more)',
    ]);
  });

  it("are one sentence per cause though the messages name different objects", () => {
    const failures = ["a", "bar-xyz-b", "2.b"].map((object, index) => ({
      host: `s${index}.b`,
      objects: [object, "unused"],
      reason: `cannot apply Service ns/${object}: services "${object}" is bad. Mend a bar-xyz-b-c`,
    }));
    assert.deepEqual(reportFailures("sum", failures).slice(1), [
      'cannot apply Service ns/a: services "a" is bad. Mend a bar-xyz-b-c (the same for 2 more: s1.b, s2.b)',
    ]);
  });

  it("are in the order of the writes", () => {
    const failures = [
      ...failed(() => "second", "b.b"),
      ...failed(() => "first", "a.b"),
      ...failed(() => "second", "c.b"),
    ];
    const [, ...causes] = reportFailures("sum", failures);
    assert.deepEqual(causes, ["second (the same for 1 more: c.b)", "first"]);
  });

  it("count what was not tried", () => {
    const untried = Array.from({ length: 1200 }, (_, index) => ({
      host: `s${index}`,
      objects: [],
      reason: undefined,
    }));
    const [sum, ...causes] = reportFailures("1 of 1,202 are there", [...failed(invalid, "a"), ...untried]);
    assert.equal(
      sum,
      "1 of 1,202 are there. Stopped with 1,200 not tried, as they would fail alike. The next run resumes",
    );
    assert.equal(causes.length, 1);
  });
});
