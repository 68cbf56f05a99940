import { describe, expect, test } from "vitest";
import { getsThrough, PARTS, type TlsMesh, type WayName } from "../../../test/tls-mesh.ts";
import { TlsReplicas } from "../../../test/tls-replicas.ts";
import { TLS_CHANGE_LIMITS } from "./tls-change-limits.ts";

const { gathered, step } = TLS_CHANGE_LIMITS;

/** Milliseconds that a change takes whose proxies take everything at once; checks that all understand each other meanwhile. */
function timeOf(all: TlsReplicas, whilst: (time: number) => void = () => undefined): number {
  const begun = all.now;
  while (all.isChanging && all.now - begun < 60_000) {
    all.acknowledgeAll();
    whilst(all.now - begun);
    all.wait(125, () => expect(isUnderstood(all.meshes)).toBe(true));
  }
  return all.now - begun;
}

function isUnderstood(meshes: readonly TlsMesh[]): boolean {
  const servers = meshes.flatMap((mesh) => mesh.servers());
  return meshes.flatMap((mesh) => mesh.calls()).every((call) => servers.every((each) => getsThrough(call, each)));
}

function changing(all: TlsReplicas, way: WayName = "strict"): TlsReplicas {
  all.apply(PARTS, way);
  return all;
}

const unheard = (all: TlsReplicas): readonly number[] => all.meshes.map((mesh) => mesh.unheard);
/** Two steps, each of ten seconds. */
const WHOLE = gathered + 2 * step;

describe("a change of TLS in replicas that hear of each other", () => {
  test.each([1, 2, 3])("of which there are %d, takes as long as everybody needs", (count) => {
    const all = changing(new TlsReplicas("plain", count));
    expect(timeOf(all)).toBeLessThan(5_000);
    expect(unheard(all)).toEqual(Array(count).fill(0));
  });

  test("of a certificate and its authority is through in time as well", () => {
    const all = changing(new TlsReplicas("strict", 2), "other");
    expect(timeOf(all)).toBeLessThan(8_000);
    expect(unheard(all)).toEqual([0, 0]);
  });

  test("goes on where one of them has no proxies", () => {
    const all = new TlsReplicas("plain", 2, (index) => (index === 0 ? undefined : []));
    expect(timeOf(changing(all))).toBeLessThan(5_000);
  });

  test("waits for the proxies of the other one", () => {
    const all = changing(new TlsReplicas("plain", 2));
    const [first, second] = all.meshes;
    for (let time = 0; time < 9_000; time += 125) {
      first?.acknowledgeAll();
      all.wait(125);
    }
    expect([first?.listener()?.tls?.mode, first?.wayOf("VirtualNode/shop/front")]).toEqual(["PERMISSIVE", undefined]);
    second?.acknowledgeAll();
    all.wait(1_250);
    expect(first?.wayOf("VirtualNode/shop/front")).toBeDefined();
    expect(timeOf(all)).toBeLessThan(4_000);
  });

  test("whose objects come to one of them a moment later, waits for it", () => {
    const all = new TlsReplicas("plain", 2);
    all.apply(PARTS, "strict", { parts: PARTS, milliseconds: 1_500 });
    expect(timeOf(all)).toBeLessThan(6_500);
    expect(unheard(all)).toEqual([0, 0]);
  });

  test("goes on at once where the other one is ready no more", () => {
    const all = changing(new TlsReplicas("plain", 2));
    all.connect(1, { writes: false, reads: false });
    all.wait(5_000);
    all.leave(1);
    all.acknowledgeAll();
    all.wait(750);
    expect(all.meshes[0]?.wayOf("VirtualNode/shop/front")).toBeDefined();
  });

  test("that begins again in its middle is gone through again together", () => {
    const all = changing(new TlsReplicas("plain", 2));
    all.acknowledgeAll();
    all.wait(3_000);
    expect(timeOf(changing(all, "mutual"))).toBeLessThan(8_000);
    expect(unheard(all)).toEqual([0, 0]);
  });
});

describe("each step of a change of TLS takes its ten seconds in a replica", () => {
  test("where another one says nothing of it, as one of an earlier release", () => {
    const all = new TlsReplicas("plain", 2);
    all.silence(1);
    expect(timeOf(changing(all))).toBeGreaterThanOrEqual(WHOLE);
    expect(unheard(all)).toEqual([2, 2]);
  });

  test.each([
    ["writes come to nobody", { writes: false, reads: true }],
    ["is out of what others say", { writes: true, reads: false }],
    ["neither writes nor reads", { writes: false, reads: false }],
  ])("where another one %s", (_, connected) => {
    const all = new TlsReplicas("plain", 2);
    all.connect(1, connected);
    expect(timeOf(changing(all))).toBeGreaterThanOrEqual(WHOLE);
    expect(unheard(all)[0]).toBe(2);
  });

  test("where what another one says is as of an earlier change, of the same", () => {
    const all = new TlsReplicas("plain", 2);
    for (const way of ["strict", "plain"] as const) {
      timeOf(changing(all, way));
      // what was said is read no more from here on
      all.connect(0, { writes: true, reads: false });
    }
    expect(timeOf(changing(all, "strict"))).toBeGreaterThanOrEqual(WHOLE);
  });

  test("where another one has begun since, and serves what is written", () => {
    const all = changing(new TlsReplicas("plain", 2));
    all.wait(gathered + 250);
    all.restart(1, "strict", 0);
    expect(timeOf(all, () => undefined)).toBeGreaterThanOrEqual(WHOLE - gathered - 250);
  });

  test("where another one does not know yet of a caller that changes too", () => {
    const all = new TlsReplicas("plain", 2);
    all.apply(PARTS, "strict", { parts: ["front"], milliseconds: 9_000 });
    all.acknowledgeAll();
    for (let time = 0; time < 9_000; time += 125) {
      all.acknowledgeAll();
      all.wait(125, () => expect(isUnderstood(all.meshes)).toBe(true));
    }
    expect(all.meshes[0]?.listener()?.tls?.mode).toBe("PERMISSIVE");
  });

  test("and who is ahead of one that hears nothing any more ends none before that one would", () => {
    const all = changing(new TlsReplicas("crossed", 2), "plain");
    const wait = (milliseconds: number): void => {
      for (let time = 0; time < milliseconds; time += 1_000) {
        for (const mesh of all.meshes) if (mesh.lateFor > 3_000) mesh.acknowledgeAll();
        all.wait(1_000, () => expect(isUnderstood(all.meshes)).toBe(true));
      }
    };
    wait(4_000);
    // the other one says what it has, and is believed
    all.connect(0, { writes: false, reads: true });
    wait(28_000);
    expect([all.isChanging, unheard(all)[1]]).toEqual([false, 2]);
  });

  test("and who was heard of for a while ends no step before one that was not", () => {
    const all = changing(new TlsReplicas("plain", 2));
    // the first of them hears of the second, which hears nothing any more
    all.wait(gathered + 500);
    all.connect(0, { writes: false, reads: true });
    expect(timeOf(all)).toBeGreaterThanOrEqual(WHOLE - gathered - 500);
    expect(unheard(all)).toEqual([0, 2]);
  });
});
