import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  meshObject,
  put,
  putNamespace,
} from "../../../test/mesh-objects.ts";
import { MeshGraph } from "../../graph/graph.ts";
import type { Rejection } from "../../graph/rejections.ts";
import type { JsonObject } from "../../model/json.ts";
import type { MeshChange } from "../../model/mesh-change.ts";
import { keyOf, type MeshObject, type ObjectRef, refOf } from "../../model/mesh-object.ts";
import type { Condition } from "../../model/object-status.ts";
import { processLog } from "../../serving/log.ts";
import { StoreError } from "../../store/mesh-store.ts";
import { WRITE_LIMITS } from "./limits.ts";
import { type ObjectWriterParts, writeObjects } from "./object-writer.ts";

/* The clock is the test's: what an API server makes of the writes is in test/api/object-status.spec.ts. */

let graph: MeshGraph;
let known: Map<string, MeshObject>;
let writes: {
  readonly object: string;
  readonly what: "fields" | "status";
  readonly at: number;
  readonly status: JsonObject;
}[];
let events: string[];
let rejections: Map<string, Rejection>;
let isOver: boolean;
let tellRejections: (changed: readonly ObjectRef[]) => void;
let tell: (...changes: MeshChange[]) => void;
let ending: AbortController;
let ended: Promise<void>;
let isControllerRunning: () => Promise<boolean>;
let failure: Error | undefined;
/** An API server that takes no fields, or forgets them. */
let refusesFields: boolean;
let refusals: number;
let loses: boolean;

const wait = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const { quiet } = WRITE_LIMITS;
const written = () => writes.map(({ object, what }) => `${what} of ${object}`);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  [known, writes, events, failure] = [new Map(), [], [], undefined];
  [rejections, isOver] = [new Map(), true];
  [refusesFields, refusals, loses] = [false, 0, false];
  isControllerRunning = async () => false;
  ending = new AbortController();
  let listener: (changes: readonly MeshChange[]) => void = () => undefined;
  tell = (...changes) => {
    for (const change of changes) {
      if (change.kind !== "object") continue;
      if (change.after === undefined) known.delete(keyOf(change.ref));
      else known.set(keyOf(change.ref), change.after);
    }
    graph.take(changes);
    listener(changes);
  };
  /** As an API server: what is written comes back. */
  const echo = (object: MeshObject, changes: Partial<MeshObject>): void =>
    tell(put({ ...object, ...changes } as MeshObject));
  const store: ObjectWriterParts["store"] = {
    get: (ref) => known.get(keyOf(ref)),
    onChange: (given) => (listener = given),
    async complete(object, fields) {
      if (failure !== undefined) throw failure;
      if (refusesFields) {
        refusals++;
        throw new StoreError("refused", "nobody may");
      }
      writes.push({ object: keyOf(refOf(object) as ObjectRef), what: "fields", at: performance.now(), status: fields });
      echo(object, loses ? {} : ({ spec: { ...object.spec, ...fields } } as Partial<MeshObject>));
    },
    async writeStatus(ref, status) {
      if (failure !== undefined) throw failure;
      writes.push({ object: keyOf(ref), what: "status", at: performance.now(), status });
      const { conditions, observedGeneration: _, ...arns } = status;
      const object = known.get(keyOf(ref));
      if (object !== undefined) echo(object, { conditions, arns } as unknown as Partial<MeshObject>);
    },
  };
  ended = writeObjects(
    {
      graph,
      store,
      services: { onChange: () => undefined },
      certificates: { onChange: () => undefined },
      place: { partition: "aws", region: "r", account: "1" },
      isControllerRunning: () => isControllerRunning(),
      rejections: {
        of: (key) => rejections.get(key),
        isOver: () => isOver,
        onChange: (given) => (tellRejections = given),
      },
      events: { record: ({ type, reason, subject }) => void events.push(`${type} ${reason} of ${subject.name}`) },
      log: processLog("silent", { write: () => {} }).log,
      clock: () => 0,
    },
    ending.signal,
  );
});

afterEach(async () => {
  ending.abort();
  await ended;
  vi.useRealTimers();
});

const REF = { name: "main", uid: "uid-of-main" };
const complete = (spec: JsonObject = {}): MeshObject =>
  aVirtualNode("shop/web", [8080], { awsName: "web_shop", meshRef: REF, ...spec });
const main = aMeshObject("main", { awsName: "main" });

describe("an object", () => {
  beforeEach(async () => {
    tell(putNamespace(aNamespace("shop")), put(main));
    await wait(3 * quiet);
    writes = [];
  });

  test("that has its fields gets a status, no sooner than two seconds after it was written", async () => {
    tell(put(complete()));
    await wait(quiet - 1);
    expect(written()).toEqual([]);
    await wait(1);
    expect(written()).toEqual(["status of VirtualNode/shop/web"]);
  });

  test("that is written again and again is left alone until that ends", async () => {
    for (let round = 0; round < 5; round++) {
      tell(put(complete({ listeners: [{ portMapping: { port: 8081 + round, protocol: "http" } }] })));
      await wait(quiet - 1);
    }
    expect(written()).toEqual([]);
    await wait(1);
    expect(written()).toEqual(["status of VirtualNode/shop/web"]);
  });

  test("without its fields gets them first, and its status two seconds after that", async () => {
    tell(put(aVirtualNode("shop/web", [8080])));
    await wait(10 * quiet);
    expect(written()).toEqual(["fields of VirtualNode/shop/web", "status of VirtualNode/shop/web"]);
    const [fields, status] = writes;
    expect(fields?.status).toEqual({ awsName: "web_shop", meshRef: REF });
    expect((status?.at ?? 0) - (fields?.at ?? 0)).toBeGreaterThanOrEqual(quiet);
  });

  test("that is written once and says nothing new afterwards is never written again", async () => {
    tell(put(complete()));
    await wait(quiet);
    for (let round = 0; round < 5; round++) {
      tell(
        put(aMeshObject("another")),
        putNamespace(aNamespace(`other-${round}`)),
        put(aVirtualNode(`other-${round}/x`, [])),
      );
      // its own spec too, as a canary's weights
      tell(
        put({
          ...known.get("VirtualNode/shop/web"),
          spec: complete({ podSelector: { matchLabels: { round: `${round}` } } }).spec,
        } as MeshObject),
      );
      await wait(10 * quiet);
    }
    expect(written().filter((one) => one.endsWith("shop/web"))).toEqual(["status of VirtualNode/shop/web"]);
  });

  test("gets another status when something else that it refers to comes", async () => {
    tell(put(complete(backends("app"))));
    await wait(quiet);
    tell(
      put(
        meshObject("VirtualService", "shop/app", {
          awsName: "app.shop",
          meshRef: REF,
          provider: { virtualNode: { virtualNodeRef: { name: "web" } } },
        }),
      ),
    );
    await wait(4 * quiet);
    const reasons = writes
      .filter(({ object }) => object === "VirtualNode/shop/web")
      .map(({ status }) => (status["conditions"] as readonly JsonObject[])[0]?.["reason"]);
    expect(reasons).toEqual(["MissingReference", "Active"]);
    expect(events).toEqual(["Warning MissingReference of web", "Normal Active of web"]);
  });

  test("that proxies reject gets one status and one event, whatever the number of them that do", async () => {
    tell(put(complete()));
    await wait(quiet);
    const object = refOf(complete()) as ObjectRef;
    const rejection = { object, type: "listener", name: "in", problem: "no such filter", isAll: false };
    for (let proxies = 1; proxies <= 20; proxies++) {
      rejections.set("VirtualNode/shop/web", { ...rejection, proxies, of: 40 });
      tellRejections([object]);
      await wait(quiet);
    }
    rejections.set("VirtualNode/shop/web", { ...rejection, proxies: 40, of: 40, isAll: true });
    tellRejections([object]);
    await wait(2 * quiet);
    // of those that come, or of a leader that has just begun, nobody knows yet
    isOver = false;
    rejections.clear();
    tellRejections([object]);
    await wait(2 * WRITE_LIMITS.unsure);
    const programmed = () =>
      writes
        .map(({ status }) => (status["conditions"] as readonly Condition[]).at(-1))
        .map((one) => `${one?.status} ${one?.reason}`);
    const told = ["True Programmed", "True PartlyRejected", "False Rejected"];
    expect(programmed()).toEqual(told);
    isOver = true;
    await wait(2 * WRITE_LIMITS.unsure);
    expect(programmed()).toEqual([...told, "True Programmed"]);
    expect(events).toEqual(["Warning PartlyRejected of web", "Warning Rejected of web", "Normal Active of web"]);
  });

  test("of which nobody knows yet whether proxies reject it gets its status where none said so before", async () => {
    isOver = false;
    tell(put(complete()));
    await wait(quiet);
    expect(written()).toEqual(["status of VirtualNode/shop/web"]);
  });

  test("that is on its way out, or gone, is left alone", async () => {
    const leaving = complete();
    tell(put({ ...leaving, metadata: { ...leaving.metadata, deleting: true } } as MeshObject));
    tell(put(complete({ awsName: "x" })), {
      kind: "object",
      ref: refOf(leaving),
      before: undefined,
      after: undefined,
      refused: [],
    });
    await wait(10 * quiet);
    expect(written()).toEqual([]);
  });

  test("is left alone while App Mesh's own controller runs, and gets its status when that is gone", async () => {
    let isRunning = true;
    isControllerRunning = async () => isRunning;
    tell(put(complete(backends("gone"))));
    await wait(10 * quiet);
    expect(written()).toEqual([]);
    expect(events).toEqual([]);
    isRunning = false;
    await wait(WRITE_LIMITS.controllerAge);
    expect(written()).toEqual(["status of VirtualNode/shop/web"]);
  });

  test("that cannot be written is tried again", async () => {
    failure = new StoreError("unavailable", "nobody answers");
    tell(put(complete()));
    await wait(5 * quiet);
    failure = undefined;
    await wait(5 * quiet);
    expect(written()).toEqual(["status of VirtualNode/shop/web"]);
  });

  test("whose fields are refused gets its status all the same, and is not written again and again", async () => {
    refusesFields = true;
    tell(put(aVirtualNode("shop/web", [8080])));
    await wait(10 * quiet);
    expect(written()).toEqual(["status of VirtualNode/shop/web"]);
    expect(refusals).toBe(1);
  });

  test("whose fields do not stick gets its status, and they are written again after a minute", async () => {
    loses = true;
    tell(put(aVirtualNode("shop/web", [8080])));
    await wait(WRITE_LIMITS.fillAgain - quiet);
    expect(written()).toEqual(["fields of VirtualNode/shop/web", "status of VirtualNode/shop/web"]);
    await wait(2 * quiet);
    tell(put(aVirtualNode("shop/web", [8080])));
    await wait(2 * quiet);
    expect(written().filter((one) => one.startsWith("fields"))).toHaveLength(2);
  });

  test("whose status App Mesh's own controller wrote over is told again when that is gone", async () => {
    tell(put(complete()));
    await wait(quiet);
    isControllerRunning = async () => true;
    tell(put({ ...complete(), conditions: [{ type: "VirtualNodeActive", status: "False" }] } as unknown as MeshObject));
    await wait(2 * quiet);
    isControllerRunning = async () => false;
    await wait(WRITE_LIMITS.controllerAge + quiet);
    expect(written()).toEqual(["status of VirtualNode/shop/web", "status of VirtualNode/shop/web"]);
  });

  test("that lacks its fields, and whose stored form cannot be read, is left alone", async () => {
    const bare = aVirtualNode("shop/web", [8080]);
    const ref = refOf(bare) as ObjectRef;
    tell({
      kind: "object",
      ref,
      before: undefined,
      after: bare,
      refused: [{ path: "spec", message: "expected an object" }],
    });
    await wait(10 * quiet);
    expect(written()).toEqual([]);
  });

  test("whose stored form cannot be read is left alone: what is known of it is older", async () => {
    const ref = refOf(complete()) as ObjectRef;
    tell({
      kind: "object",
      ref,
      before: undefined,
      after: complete(),
      refused: [{ path: "spec", message: "expected an object" }],
    });
    await wait(10 * quiet);
    expect(written()).toEqual([]);
  });
});

test("an API server that keeps only a part of a status is not told again and again", async () => {
  tell(putNamespace(aNamespace("shop")), put(main));
  await wait(3 * quiet);
  writes = [];
  tell(put(complete()));
  await wait(quiet);
  // as with a CRD that knows no reasons
  for (let round = 0; round < 3; round++) {
    tell(put({ ...complete(), conditions: [{ type: "VirtualNodeActive", status: "True" }] } as unknown as MeshObject));
    await wait(10 * quiet);
  }
  expect(written()).toEqual(["status of VirtualNode/shop/web"]);
});
