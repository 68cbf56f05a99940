import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { beforeEach, expect, test } from "vitest";
import { comesTrue } from "../../../test/comes-true.ts";
import { Admission } from "./admission.ts";

const LIMITS = {
  handshake: 60_000,
  heardPerTurn: 10,
  admittedAtOnce: 3,
  admittedPerTurn: 2,
  admission: 60_000,
  admissionTurns: 1,
};

/** A connection whose other end is the test. */
class Connection extends Duplex {
  readonly remoteAddress: string;
  #silent = (): void => {};

  constructor(remoteAddress: string) {
    super({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    this.remoteAddress = remoteAddress;
  }

  setTimeout(milliseconds: number, silent?: () => void): void {
    this.#silent = milliseconds === 0 ? () => {} : (silent ?? (() => {}));
  }

  /** Nothing came for as long as it may. */
  timeOut(): void {
    this.#silent();
  }
}

let begun: string[];
let gone: string[];

beforeEach(() => {
  begun = [];
  gone = [];
});

function admission(limits: Partial<typeof LIMITS> = {}): Admission {
  return new Admission({
    limits: { ...LIMITS, ...limits },
    begin: (socket) => void begun.push(socket.remoteAddress ?? ""),
    gone: (error) => void gone.push((error as NodeJS.ErrnoException).code ?? ""),
  });
}

function arrive(into: Admission, address: string): Connection {
  const connection = new Connection(address);
  into.add(connection as unknown as Socket);
  return connection;
}

/** One that says hello. */
function knock(into: Admission, address: string): Connection {
  const connection = arrive(into, address);
  connection.push("hello");
  return connection;
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test("so many begin in a turn of the loop, and so many are served at once", async () => {
  const into = admission();
  const connections = ["a", "b", "c", "d", "e"].map((address) => knock(into, address));
  await new Promise((resolve) => process.nextTick(resolve));
  expect(begun).toEqual(["a", "b"]);
  await turns(5);
  expect(begun).toEqual(["a", "b", "c"]);
  into.served(connections[1] as unknown as Socket);
  await turns(2);
  expect(begun).toEqual(["a", "b", "c", "d"]);
});

test("so many begin to be read in a turn of the loop, and one that left before is passed over", async () => {
  const into = admission({ heardPerTurn: 2, admittedAtOnce: 9, admittedPerTurn: 9 });
  const connections = ["a", "b", "c", "d", "e"].map((address) => knock(into, address));
  const read = (): number =>
    connections.filter((one) => one.listenerCount("readable") > 0 || begun.includes(one.remoteAddress)).length;
  expect(read()).toBe(2);
  connections[3]?.destroy();
  await turns(1);
  expect(read()).toBe(4);
  await turns(4);
  expect(begun).toEqual(["a", "b", "c", "e"]);
});

test("nobody gets in before its first bytes are there, and it does not hold up those who talk", async () => {
  const into = admission({ admittedAtOnce: 1 });
  const quiet = arrive(into, "quiet");
  knock(into, "talks");
  await turns(2);
  expect(begun).toEqual(["talks"]);
  expect(quiet.destroyed).toBe(false);
});

test("addresses take turns, however many connections one of them has", async () => {
  const into = admission({ admittedAtOnce: 1 });
  const first = ["greedy", "greedy", "greedy", "modest"].map((address) => knock(into, address));
  await turns(3);
  for (const connection of [first[0], first[1], first[3]]) {
    into.served(connection as unknown as Socket);
    await turns(3);
  }
  // all knocked while the first was served
  expect(begun).toEqual(["greedy", "greedy", "modest", "greedy"]);
});

test("one that takes too long makes room for the next", async () => {
  const into = admission({ admittedAtOnce: 1, admission: 5 });
  knock(into, "slow");
  knock(into, "waits");
  await comesTrue(() => expect(begun).toEqual(["slow", "waits"]));
});

test("one that is late because this process was busy has some turns more before the next may come", async () => {
  const into = admission({ admittedAtOnce: 1, admission: 5, admissionTurns: 5 });
  knock(into, "slow");
  knock(into, "waits");
  await turns(2);
  const busyUntil = performance.now() + 50;
  while (performance.now() < busyUntil);
  await turns(3);
  expect(begun).toEqual(["slow"]);
  await comesTrue(() => expect(begun).toEqual(["slow", "waits"]));
});

test("one that breaks off while it is served makes room for the next", async () => {
  const into = admission({ admittedAtOnce: 1 });
  const leaves = knock(into, "leaves");
  knock(into, "waits");
  await turns(2);
  expect(begun).toEqual(["leaves"]);
  leaves.destroy();
  await turns(3);
  expect(begun).toEqual(["leaves", "waits"]);
});

test("one that is gone before its turn has come is passed over", async () => {
  const into = admission({ admittedAtOnce: 1 });
  const first = knock(into, "first");
  const impatient = knock(into, "impatient");
  knock(into, "patient");
  await turns(2);
  impatient.destroy(new Error("reset"));
  into.served(first as unknown as Socket);
  await turns(2);
  expect(begun).toEqual(["first", "patient"]);
});

test("what never gets as far as a handshake is counted: silence, a farewell, an error", async () => {
  const into = admission();
  const quiet = arrive(into, "quiet");
  quiet.timeOut();
  arrive(into, "leaves").push(null);
  await turns(2);
  const broken = arrive(into, "broken");
  broken.destroy(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  await turns(2);
  expect(quiet.destroyed).toBe(true);
  expect(gone).toEqual(["SILENT", "LEFT", "ECONNRESET"]);
  expect(begun).toEqual([]);
});
