import { describe, expect, it } from "vitest";
import { grpcFrame, grpcMessages, healthMessage, SERVING, stringMessage, textOf } from "./grpc-messages.ts";

async function messagesOf(...chunks: readonly Buffer[]): Promise<readonly string[]> {
  const body = (async function* () {
    yield* chunks;
  })();
  const messages: string[] = [];
  for await (const message of grpcMessages(body)) messages.push(textOf(message));
  return messages;
}

describe("gRPC frames", () => {
  it("are found however the network cut them", async () => {
    const bytes = Buffer.concat(["one", "", "a longer third"].map((word) => grpcFrame(stringMessage(word))));
    const expected = ["one", "", "a longer third"];
    expect(await messagesOf(bytes)).toEqual(expected);
    expect(await messagesOf(...Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(expected);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await messagesOf(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(expected);
    }
  });

  it("that end early are no messages", async () => {
    expect(await messagesOf(grpcFrame(stringMessage("cut off")).subarray(0, -1))).toEqual([]);
  });

  it("are refused when compressed or too large, before the rest has come", async () => {
    await expect(messagesOf(Buffer.from([1, 0, 0, 0, 0]))).rejects.toThrow("compressed");
    await expect(messagesOf(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))).rejects.toThrow("4294967295 bytes");
  });
});

describe("messages", () => {
  it("carry text of any length", () => {
    for (const text of ["", "x", "ü".repeat(100), "y".repeat(20_000)]) expect(textOf(stringMessage(text))).toBe(text);
  });

  it("are the bytes that protocol buffers have for them", () => {
    expect(stringMessage("hi").toString("hex")).toBe("0a026869");
    expect(healthMessage(SERVING).toString("hex")).toBe("0801");
  });

  it("may have fields that are not known here", () => {
    // field 2 a number, field 3 a text, field 4 four bytes, then field 1
    expect(textOf(Buffer.from("10ac021a0161250000003f0a026869", "hex"))).toBe("hi");
  });

  it("that are cut or of another kind are refused", () => {
    expect(() => textOf(Buffer.from("0a", "hex"))).toThrow("ends within a number");
    expect(() => textOf(Buffer.from("0a02", "hex"))).toThrow("ends within a field");
    expect(() => textOf(Buffer.from("0b00000000", "hex"))).toThrow("wire type 3");
    expect(() => textOf(Buffer.from("ffffffffffff01", "hex"))).toThrow("too long");
  });
});
