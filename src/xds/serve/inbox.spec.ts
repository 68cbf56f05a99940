import { PassThrough } from "node:stream";
import { setImmediate as soon } from "node:timers/promises";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { TurnQueue } from "../turn-queue.ts";
import { WorkRound } from "../work-round.ts";
import { framed, MessageReader } from "./grpc-frames.ts";
import { Inbox } from "./inbox.ts";

/* Every message takes a whole slice, so that one is handled in a turn; turns come when a test says so. */

const LONGEST = 50;

let heard: string[];
let time: number;
let waiting: (() => void)[];
let queue: TurnQueue;

beforeEach(() => {
  [heard, waiting, time] = [[], [], 0];
  queue = new TurnQueue(new WorkRound({ now: () => time, later: (callback) => void waiting.push(callback) }));
});

interface Client {
  readonly name: string;
  readonly stream: PassThrough;
  readonly inbox: Inbox;
}

/** `heardOne`: with each message, after it is noted. */
function client(name: string, heardOne: (self: Client, text: string) => void = () => undefined): Client {
  const stream = new PassThrough();
  const note = (text: string): void => {
    heard.push(`${name}: ${text}`);
    time += 1_000;
  };
  const inbox = new Inbox(
    stream,
    new MessageReader(LONGEST),
    {
      message(bytes) {
        const text = Buffer.from(bytes).toString();
        note(text);
        heardOne(self, text);
      },
      broken: (error) => note(String(error)),
      ended: () => note("ended"),
    },
    queue,
  );
  const self = { name, stream, inbox };
  return self;
}

function say({ stream }: Client, ...texts: readonly string[]): void {
  stream.write(Buffer.concat(texts.map((text) => framed([Buffer.from(text)]))));
}

/** So many turns of the event loop, each after what came meanwhile. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await soon();
    for (const callback of waiting.splice(0)) callback();
  }
  await soon();
}

test("messages of a stream keep their order, and streams take turns", async () => {
  const [many, one] = [client("many"), client("one")];
  say(many, "1", "2", "3");
  say(one, "1");
  await turns(1);
  expect(heard).toEqual(["many: 1"]);
  say(many, "4");
  await turns(4);
  expect(heard).toEqual(["many: 1", "one: 1", "many: 2", "many: 3", "many: 4"]);
});

test("whatever pieces they come in, and whenever", async () => {
  const texts = fc.array(fc.string({ maxLength: 10 }), { maxLength: 6 });
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(texts, sizes, async (sent, pieces) => {
      heard = [];
      const from = client("it");
      const bytes = Buffer.concat(sent.map((text) => framed([Buffer.from(text)])));
      let count = 0;
      for (let at = 0; at < bytes.length; ) {
        const size = pieces[count++ % pieces.length] ?? 1;
        from.stream.write(bytes.subarray(at, at + size));
        at += size;
        if (count % 2 === 0) await turns(1);
      }
      from.stream.end();
      await turns(sent.length + 5);
      expect(heard).toEqual([...sent, "ended"].map((text) => `it: ${text}`));
    }),
    { numRuns: 30 },
  );
});

test("nothing is handled before its turn", async () => {
  const from = client("it");
  say(from, "1");
  await soon();
  expect(heard).toEqual([]);
});

test("while messages wait nothing more is read, so that the client has to wait too", async () => {
  const from = client("it");
  say(from, "1", "2", "3");
  await turns(1);
  const more = Buffer.alloc(from.stream.readableHighWaterMark + from.stream.writableHighWaterMark);
  expect(from.stream.write(more)).toBe(false);
  await turns(1);
  expect(heard).toEqual(["it: 1", "it: 2"]);
  expect(from.stream.readableLength).toBe(more.length);
  expect(from.stream.writableNeedDrain).toBe(true);
  await turns(3);
  expect(heard[2]).toBe("it: 3");
  expect(from.stream.readableLength).toBe(0);
  expect(from.stream.writableNeedDrain).toBe(false);
});

test("the end comes after the last message, once", async () => {
  const from = client("it");
  say(from, "1", "2");
  from.stream.end();
  await turns(2);
  expect(heard).toEqual(["it: 1", "it: 2"]);
  await turns(3);
  expect(heard).toEqual(["it: 1", "it: 2", "it: ended"]);
});

test("a stream that says nothing and ends has ended", async () => {
  client("it").stream.end();
  await turns(3);
  expect(heard).toEqual(["it: ended"]);
});

test("what waits when a stream is over is not handled, and what still comes can be thrown away", async () => {
  const from = client("it");
  const other = client("other");
  say(from, "1", "2", "3");
  say(other, "1");
  await turns(1);
  from.inbox.close();
  const ended = Promise.withResolvers<void>();
  from.stream.once("end", ended.resolve).resume();
  say(from, "4");
  from.stream.end();
  await ended.promise;
  await turns(4);
  expect(heard).toEqual(["it: 1", "other: 1"]);
});

test("a message that ends its stream is the last one, although more came with it", async () => {
  const from = client("it", (self, text) => {
    if (text === "2") self.inbox.close();
  });
  say(from, "1", "2", "3");
  await turns(5);
  expect(heard).toEqual(["it: 1", "it: 2"]);
});

test("what cannot be read is told with its reason", async () => {
  const from = client("it");
  say(from, "1");
  await turns(2);
  from.stream.write(framed([Buffer.alloc(LONGEST + 1)]));
  await turns(2);
  expect(heard).toEqual(["it: 1", "it: StreamClosed: a message has 51 bytes: expected at most 50"]);
});
