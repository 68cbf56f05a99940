import { expect, test } from "vitest";
import { NeededCertificates } from "./needed-certificates.ts";

test("what a caller needs for a step is found once, and again when a view is another one", () => {
  const needed = new NeededCertificates();
  const [step, other] = [
    { servers: true, callers: ["front"] },
    { servers: true, callers: ["front"] },
  ];
  let count = 0;
  const find = () => [{ kind: "sds", secretName: `${++count}` } as const];
  const named = (of: typeof step, caller: string) =>
    needed.of(of, caller, find).map((source) => (source.kind === "sds" ? source.secretName : ""));
  expect([named(step, "front"), named(step, "front")]).toEqual([["1"], ["1"]]);
  expect([named(step, "door"), named(other, "front"), named(step, "front")]).toEqual([["2"], ["3"], ["1"]]);
  needed.forget();
  expect(named(step, "front")).toEqual(["4"]);
});
