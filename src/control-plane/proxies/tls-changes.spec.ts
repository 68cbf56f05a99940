import { describe, expect, test } from "vitest";
import { getsThrough, PARTS, TlsMesh, understand, type WayName } from "../../../test/tls-mesh.ts";
import { TLS_CHANGE_LIMITS } from "./tls-change-limits.ts";

const GATHERED = TLS_CHANGE_LIMITS.gathered;
const FRONT = "VirtualNode/shop/front";
const BACK = "VirtualNode/shop/back";

function changed(mesh: TlsMesh, way: WayName): void {
  for (const name of PARTS) mesh.apply(name, way);
}

function modeOf(mesh: TlsMesh): string {
  return mesh.listener()?.tls?.mode ?? "plain";
}

describe("a change of TLS", () => {
  test("waits for what belongs to it, which may come one by one and callers first", () => {
    const mesh = new TlsMesh("plain");
    for (const name of PARTS.toReversed()) {
      mesh.apply(name, "strict");
      mesh.wait(1_000);
      expect([modeOf(mesh), mesh.wayOf(FRONT)]).toEqual(["plain", undefined]);
    }
    mesh.wait(GATHERED - 500);
    expect([modeOf(mesh), mesh.wayOf(FRONT)]).toEqual(["PERMISSIVE", undefined]);
  });

  test("waits for what belongs to it while other objects of the same file come, for a bounded time", () => {
    const mesh = new TlsMesh("plain");
    mesh.apply("back", "strict");
    for (let port = 1; port <= 4; port++) {
      mesh.wait(900);
      mesh.applyAnother(port);
    }
    expect(modeOf(mesh)).toBe("plain");
    for (const name of PARTS) mesh.apply(name, "strict");
    for (let port = 5; port <= 7; port++) {
      mesh.wait(900);
      mesh.applyAnother(port);
    }
    expect([modeOf(mesh), mesh.wayOf(FRONT)]).toEqual(["PERMISSIVE", undefined]);
  });

  test("goes on where something else of it comes all the time", () => {
    const mesh = new TlsMesh("plain");
    for (let time = 0; time < 6_000; time += 500) {
      mesh.apply("front", time % 1_000 === 0 ? "strict" : "mutual");
      mesh.wait(500);
    }
    expect(mesh.wayOf(FRONT)).toBeDefined();
  });

  test("waits for the proxies of the node, then for those who call it, and says nothing of lateness", () => {
    const mesh = new TlsMesh("plain");
    changed(mesh, "strict");
    mesh.wait(5_000);
    expect([modeOf(mesh), mesh.wayOf(FRONT)]).toEqual(["PERMISSIVE", undefined]);
    mesh.acknowledgeAll();
    mesh.wait(1_000);
    expect([modeOf(mesh), mesh.wayOf(FRONT) !== undefined]).toEqual(["PERMISSIVE", true]);
    mesh.wait(5_000);
    expect(modeOf(mesh)).toBe("PERMISSIVE");
    mesh.acknowledgeAll();
    mesh.wait(1_000);
    expect([modeOf(mesh), mesh.changes.size, mesh.late]).toEqual(["STRICT", 0, 0]);
  });

  test("ends where nobody ever acknowledges it, and each step that did is counted", () => {
    const mesh = new TlsMesh("plain");
    changed(mesh, "strict");
    mesh.wait(GATHERED + 10_500);
    expect([modeOf(mesh), mesh.wayOf(FRONT) !== undefined]).toEqual(["PERMISSIVE", true]);
    mesh.wait(11_000);
    expect([modeOf(mesh), mesh.changes.size, mesh.late]).toEqual(["STRICT", 0, 2]);
  });

  test("takes plain text for a bounded time, however often something else changes", () => {
    const mesh = new TlsMesh("plain");
    for (let time = 0; time < 32_000; time += 2_000) {
      changed(mesh, time % 4_000 === 0 ? "strict" : "mutual");
      mesh.wait(2_000);
    }
    expect([modeOf(mesh), mesh.listener()?.namedTls]).toEqual(["STRICT", []]);
  });

  test("is made at once where nobody is connected", () => {
    const mesh = new TlsMesh("plain", []);
    changed(mesh, "strict");
    mesh.wait(GATHERED + 250);
    expect([modeOf(mesh), mesh.changes.size]).toEqual(["STRICT", 0]);
  });

  test("waits for its time where other replicas have proxies too, of whom nothing is known here", () => {
    const mesh = new TlsMesh("plain");
    mesh.others = () => false;
    changed(mesh, "strict");
    mesh.wait(GATHERED + 250);
    mesh.acknowledgeAll();
    mesh.wait(9_000);
    expect([modeOf(mesh), mesh.wayOf(FRONT)]).toEqual(["PERMISSIVE", undefined]);
    mesh.wait(1_500);
    mesh.acknowledgeAll();
    mesh.wait(9_000);
    expect(modeOf(mesh)).toBe("PERMISSIVE");
    mesh.wait(2_000);
    expect([modeOf(mesh), mesh.late]).toEqual(["STRICT", 0]);
  });

  test("of a certificate and its authority ends in time beside other replicas, and says nothing of lateness", () => {
    const mesh = new TlsMesh("strict");
    mesh.others = () => false;
    changed(mesh, "other");
    for (let time = 0; time < 31_000; time += 250) {
      mesh.wait(250);
      mesh.acknowledgeAll();
      const [server = []] = mesh.servers();
      expect(mesh.calls().every((call) => getsThrough(call, server))).toBe(true);
    }
    expect([mesh.listener()?.tls?.certificate.file?.certificateChain, mesh.changes.size]).toEqual(["/c/b.crt", 0]);
    expect([mesh.listener()?.namedTls, mesh.late]).toEqual([[], 0]);
  });

  test("of a certificate and its authority that nobody acknowledges is late at each step, and at its end", () => {
    const mesh = new TlsMesh("strict");
    changed(mesh, "other");
    mesh.wait(31_000);
    expect([mesh.changes.size, mesh.late]).toEqual([0, 3]);
  });

  test("that is taken back in its middle leaves everybody as they were", () => {
    const mesh = new TlsMesh("plain");
    changed(mesh, "strict");
    mesh.wait(GATHERED + 250);
    mesh.acknowledgeAll();
    mesh.wait(1_000);
    changed(mesh, "plain");
    for (let round = 0; round < 10; round++) {
      mesh.acknowledgeAll();
      mesh.wait(1_000);
    }
    expect([modeOf(mesh), mesh.wayOf(FRONT), mesh.changes.size]).toEqual(["plain", undefined, 0]);
  });

  describe("on its way, and a caller calls the node by another service", () => {
    const understood = (mesh: TlsMesh): boolean =>
      mesh.calls().every((call) => mesh.servers().every((server) => getsThrough(call, server)));

    test("or by its first one, it does so as it would have before, and asks for the new way with the others", () => {
      for (const called of [["back"], []] as const) {
        const mesh = new TlsMesh("unchecked", undefined, called);
        changed(mesh, "renewed");
        mesh.wait(500);
        for (const caller of ["front", "other", "door"] as const) mesh.call(caller, ["back", "more"]);
        expect([mesh.wayOf(FRONT)?.validation, mesh.wayOf(FRONT)?.certificate]).toEqual([undefined, undefined]);
        for (let round = 0; round < 30; round++) {
          expect(understood(mesh)).toBe(true);
          mesh.acknowledgeAll();
          mesh.wait(500);
        }
        expect([mesh.changes.size, mesh.calls()]).toEqual([0, new TlsMesh("renewed").calls()]);
      }
    });

    test("of which the policy changes once more, that one has no effect either", () => {
      const mesh = new TlsMesh("unchecked");
      changed(mesh, "other");
      mesh.wait(GATHERED + 250);
      mesh.acknowledgeAll();
      mesh.call("front", ["back", "more"]);
      mesh.apply("front", "renewed");
      expect(mesh.wayOf(FRONT)?.validation).toBeUndefined();
      expect(understood(mesh)).toBe(true);
    });

    /** In the middle of a change to another authority, where callers ask for the new way by its name. */
    function named(): { readonly mesh: TlsMesh; readonly name: string | undefined } {
      const mesh = new TlsMesh("strict");
      changed(mesh, "other");
      const isNamed = (): boolean => mesh.wayOf(FRONT)?.serverName?.endsWith(".next.tls.outrigger.dev") === true;
      for (let time = 0; time < GATHERED + 3_000 && !isNamed(); time += 250) {
        mesh.acknowledgeAll();
        mesh.wait(250);
      }
      expect(isNamed()).toBe(true);
      return { mesh, name: mesh.wayOf(FRONT)?.serverName };
    }

    test("after it was begun again in its middle, it asks for the name that the others ask for", () => {
      const { mesh, name } = named();
      changed(mesh, "renewed");
      mesh.call("front", ["more"]);
      expect(mesh.wayOf(FRONT)?.serverName).toBe(name);
      expect(understood(mesh)).toBe(true);
    });

    test("that it left before it was begun again, it does not come back to what it was then", () => {
      const { mesh, name } = named();
      mesh.call("front", []);
      mesh.acknowledgeAll();
      changed(mesh, "renewed");
      mesh.call("front", ["back"]);
      expect(mesh.wayOf(FRONT)?.serverName).toBe(name);
      expect(understood(mesh)).toBe(true);
    });

    test("for the first time while its proxies take it up, each of them understands it", () => {
      const mesh = new TlsMesh("mutual", undefined, []);
      changed(mesh, "soft");
      mesh.wait(GATHERED + 250);
      mesh.call("door", ["back"]);
      expect(understood(mesh)).toBe(true);
    });
  });

  test("of a node that goes is over, and one that comes again begins as it is written", () => {
    const mesh = new TlsMesh("plain");
    changed(mesh, "strict");
    mesh.wait(GATHERED + 250);
    mesh.remove();
    expect(mesh.changes.size).toBe(0);
    mesh.apply("back", "strict");
    expect([modeOf(mesh), mesh.changes.size]).toEqual(["STRICT", 0]);
    expect(understand(mesh.wayOf(FRONT), { tls: mesh.listener()?.tls, namedTls: [] })).toBe(true);
  });

  test("of a node alone, as of its certificate, is made at once for callers that go on as they do", () => {
    const mesh = new TlsMesh("unchecked");
    mesh.apply("back", "other");
    mesh.wait(GATHERED + 250);
    expect(mesh.listener()?.tls?.certificate.file?.certificateChain).toBe("/c/b.crt");
    mesh.acknowledgeAll();
    mesh.wait(1_000);
    expect(mesh.changes.size).toBe(0);
  });

  test("adds no proxy to those that are waited for", () => {
    const mesh = new TlsMesh("plain", [BACK]);
    changed(mesh, "strict");
    mesh.wait(GATHERED + 250);
    mesh.acknowledgeAll();
    mesh.wait(1_000);
    expect([modeOf(mesh), mesh.changes.size]).toEqual(["STRICT", 0]);
  });
});
