import { beforeEach, describe, expect, test } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode, put, putNamespace } from "../../../test/mesh-objects.ts";
import { settled } from "../../../test/turns.ts";
import type { ChangeSource, MeshChange } from "../../model/mesh-change.ts";
import { PLAIN_TRAITS } from "../../model/proxy-traits.ts";
import { WorkRound } from "../../xds/publish/work-round.ts";
import { MeshContent, PASS_THROUGH } from "./mesh-content.ts";

const NODES = Array.from({ length: 20 }, (_, index) => `web-${index}`);
const TRAITS = { traits: PLAIN_TRAITS, accessLog: "" } as unknown as Parameters<MeshContent["compute"]>[1];
const OBJECTS = [
  put(aMeshObject("main", { egressFilter: { type: "DROP_ALL" } })),
  putNamespace(aNamespace("shop", { mesh: "main" })),
  ...NODES.map((name) => put(aVirtualNode(`shop/${name}`, [8080]))),
];
const OPEN = put(aMeshObject("main", { egressFilter: { type: "ALLOW_ALL" } }));

let content: MeshContent;
let told: string[];
let failures: unknown[];
let turns: (() => void)[];
let tell: (changes: readonly MeshChange[]) => void;
/** Called with each view that is told to be another one. */
let changed: (view: string) => void;

beforeEach(() => {
  [told, failures, turns] = [[], [], []];
  changed = () => undefined;
  let time = 0;
  content = new MeshContent(
    { mesh: "serve", accountId: "", clusterDomain: "cluster.local" },
    {
      round: new WorkRound({ now: () => time, later: (callback) => void turns.push(callback) }),
      changed(view) {
        // as long as making it takes on a slow machine
        time += 4;
        told.push(view);
        changed(view);
      },
      failed: (_, error) => void failures.push(error),
    },
  );
  const source: ChangeSource = { onChange: (listener) => (tell = listener) };
  content.follow(source, new AbortController().signal);
});

const namesOf = (view: string): readonly string[] => content.compute(view, TRAITS).resources.map(({ name }) => name);

describe("the content of views", () => {
  test("is told in turns to be another one, each view once, however many changes came", () => {
    tell(OBJECTS);
    expect(settled(turns)).toBeGreaterThanOrEqual(5);
    const everybody = NODES.map((name) => `VirtualNode/shop/${name}`).toSorted();
    expect(told.toSorted()).toEqual(everybody);
    told = [];
    for (let event = 0; event < 3; event++) tell([OPEN]);
    settled(turns);
    expect(told.toSorted()).toEqual(everybody);
  });

  test("is never behind what was taken, so that a proxy that comes first has its mesh", () => {
    const passing = namesOf(PASS_THROUGH);
    tell(OBJECTS);
    expect(namesOf("VirtualNode/shop/web-7")).not.toEqual(passing);
    expect(namesOf("VirtualNode/shop/nobody")).toEqual(passing);
    settled(turns);
    expect(told).toContain("VirtualNode/shop/web-7");
  });

  test("goes on when one view fails, which is said", () => {
    tell(OBJECTS);
    changed = (view) => {
      if (view.endsWith("web-3")) throw new Error("broken");
    };
    settled(turns);
    expect(told).toHaveLength(NODES.length);
    expect(failures).toEqual([new Error("broken")]);
  });
});
