import fc from "fast-check";
import { expect, test } from "vitest";
import { framed, grpcMessage, MessageReader } from "./grpc-frames.ts";

test("messages come out as they went in, whatever pieces they arrive in", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 });
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 20 }), (sent, size) => {
      const bytes = Buffer.concat(sent.map((message) => framed([message])));
      const reader = new MessageReader(50);
      const received: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) received.push(...reader.read(bytes.subarray(at, at + size)));
      expect(received.map((message) => [...message])).toEqual(sent.map((message) => [...message]));
    }),
  );
});

test("pieces are one message", () => {
  const [message] = new MessageReader(10).read(framed([Buffer.from("ab"), Buffer.from("c")]));
  expect(message?.toString()).toBe("abc");
});

test("a message that is too long is refused as soon as it is announced", () => {
  const announced = framed([Buffer.alloc(11)]).subarray(0, 5);
  expect(() => new MessageReader(10).read(announced)).toThrow("a message has 11 bytes: expected at most 10");
  expect(new MessageReader(11).read(announced)).toEqual([]);
});

test("later messages have a limit of their own", () => {
  const reader = new MessageReader(10, 5);
  expect(reader.read(framed([Buffer.alloc(10)]))).toHaveLength(1);
  expect(() => reader.read(framed([Buffer.alloc(6)]))).toThrow("a message has 6 bytes: expected at most 5");
});

test("a compressed message is refused", () => {
  expect(() => new MessageReader(10).read(Buffer.from([1, 0, 0, 0, 0]))).toThrow("compressed");
});

test("a status message keeps printable ASCII and encodes the rest", () => {
  expect(grpcMessage("pod shop/web: 100 %")).toBe("pod shop/web: 100 %25");
  expect(grpcMessage("zwei\nZeilen, größer\uD800")).toBe("zwei%0AZeilen, gr%C3%B6%C3%9Fer%EF%BF%BD");
});
