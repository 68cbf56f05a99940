import { expect, test } from "vitest";
import { aVirtualNode } from "../../../test/mesh-objects.ts";
import type { MeshObject } from "../../model/mesh-object.ts";
import { objectEvents } from "./object-events.ts";

type Said = Readonly<Record<"status" | "reason" | "message", string>>;

const GOOD = { status: "True", reason: "Active", message: "" };
const wrong = (reason: string, message = "it is gone; create it"): Said => ({ status: "False", reason, message });
const conditions = (active: Said, programmed: Said = active) => [
  { type: "VirtualNodeActive", ...active },
  { type: "Programmed", ...programmed },
];

function events(before: readonly Said[], active: Said, programmed: Said = active): readonly string[] {
  const [first, second] = before;
  const object = {
    ...aVirtualNode("shop/web", [8080]),
    conditions: first === undefined ? [] : conditions(first, second),
  } as unknown as MeshObject;
  const wanted = { conditions: conditions(active, programmed), arns: {} } as never;
  return objectEvents(object, wanted).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

test("what is wrong is a Warning, once whatever the number of conditions that say it", () => {
  const warning = "Warning MissingReference: it is gone; create it";
  expect(events([], wrong("MissingReference"))).toEqual([warning]);
  expect(events([GOOD], wrong("MissingReference"))).toEqual([warning]);
  const two = events([GOOD], wrong("MissingReference"), wrong("Rejected", "all reject it"));
  expect(two).toEqual([warning, "Warning Rejected: all reject it"]);
});

test("another thing that is wrong is another Warning, and the same one is none", () => {
  expect(events([wrong("MissingReference")], wrong("NoTarget"))).toEqual(["Warning NoTarget: it is gone; create it"]);
  expect(events([wrong("NoTarget", "a")], wrong("NoTarget", "b"))).toEqual(["Warning NoTarget: b"]);
  expect(events([wrong("NoTarget")], wrong("NoTarget"))).toEqual([]);
});

test("that nothing is wrong any more is said, and that nothing ever was is not", () => {
  expect(events([wrong("NoTarget")], GOOD)).toEqual(["Normal Active: nothing of it is wrong any more"]);
  expect(events([GOOD, wrong("NoTarget")], GOOD)).toEqual(["Normal Active: nothing of it is wrong any more"]);
  expect(events([], GOOD)).toEqual([]);
  expect(events([GOOD], GOOD)).toEqual([]);
});

test("that a mesh is observed is no event", () => {
  expect(events([], GOOD, wrong("Observed"))).toEqual([]);
  expect(events([GOOD, wrong("Observed")], GOOD)).toEqual([]);
});
