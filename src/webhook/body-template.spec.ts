import { describe, expect, test } from "vitest";
import { onePod, reviewOf } from "../../test/pods-of-one-workload.ts";
import { NGINX } from "../../test/webhook-harness.ts";
import { filledIn, TemplateReader } from "./body-template.ts";
import { LIMITS } from "./limits.ts";

const BODY = reviewOf(NGINX, "shop", onePod(1));

function templateOf(body: Buffer): Buffer | undefined {
  const template = new TemplateReader().read(body);
  return template && Buffer.from(template.bytes);
}

function changed(from: string, to: string): Buffer {
  const text = BODY.toString();
  expect(text).toContain(from);
  return Buffer.from(text.replace(from, to));
}

describe("pods of one workload", () => {
  test("have one template and one hash, and each its UID", () => {
    const reader = new TemplateReader();
    const read = [1, 2, 77_777].map((index) => {
      const template = reader.read(reviewOf(NGINX, "shop", onePod(index)));
      return { ...template, bytes: template && Buffer.from(template.bytes) };
    });
    expect(new Set(read.map(({ hash }) => hash)).size).toBe(1);
    expect(new Set(read.map(({ bytes }) => bytes?.toString("latin1"))).size).toBe(1);
    expect(read.map(({ uid }) => uid)).toEqual([1, 2, 77_777].map((index) => onePod(index).uid));
    expect(read[0]?.names).toBe(2);
  });

  test("can be made from their template", () => {
    const { uid, suffix, time } = onePod(4321);
    const body = filledIn(templateOf(BODY) as Buffer, uid, suffix, time);
    expect(body.toString()).toBe(reviewOf(NGINX, "shop", onePod(4321)).toString());
  });

  test("have one without a token and without managed fields as well", () => {
    const plain = (uid: string): Buffer => Buffer.from(`{"request":{"uid":"${uid}","object":{}}}`);
    expect(templateOf(plain(onePod(1).uid))).toEqual(templateOf(plain(onePod(2).uid)));
    const { uid, suffix, time } = onePod(3);
    expect(filledIn(templateOf(plain(onePod(1).uid)) as Buffer, uid, suffix, time)).toEqual(plain(uid));
  });
});

test("another byte anywhere is another template, or none", () => {
  const template = templateOf(BODY);
  const places = new Set<number>();
  for (let index = 0; index < BODY.length; index++) {
    const body = Buffer.from(BODY);
    body[index] = (body[index] as number) ^ 0x20;
    if (templateOf(body)?.equals(template as Buffer)) places.add(index);
  }
  expect([...places]).toEqual([]);
});

test.each([
  ["a UID that is no UUID", changed(onePod(1).uid, "short")],
  ["a quote in the UID", changed("00000000-0000-4000", '0000000"-0000-4000')],
  ["a zero in the UID", changed("00000000-0000-4000", "0000000\0-0000-4000")],
  ["a volume whose name goes on", changed('kube-api-access-bbbbc"', 'kube-api-access-bbbbcc"')],
  ["a volume whose name is short", changed('kube-api-access-bbbbc"', 'kube-api-access-bbb"')],
  ["a zero in the volume's name", changed('kube-api-access-bbbbc"', 'kube-api-access-bbb\0c"')],
  ["two such volumes", changed('kube-api-access-bbbbc"', 'kube-api-access-bbbbd"')],
  ["such a name within a text", changed('"app":"nginx"', '"app":"see kube-api-access-bbbbc"')],
  ["such a name as the value of another member", changed('"app":"nginx"', '"app":"kube-api-access-bbbbc"')],
  ["a time with a fraction", changed("09:01:00Z", "09:01:00.5Z")],
  ["a zero in the time", changed("09:01:00Z", "09:01:\0\0Z")],
  ["nothing", Buffer.alloc(0)],
  ["a long body", Buffer.concat([BODY, Buffer.alloc(LIMITS.rememberedBodyBytes, " ")])],
])("%s has no template", (_what, body) => {
  expect(templateOf(body)).toBeUndefined();
});

test("what stands in the memory from a longer body before it does not count", () => {
  const reader = new TemplateReader();
  reader.read(Buffer.concat([BODY, Buffer.from("   ")]));
  const { uid, hash } = reader.read(BODY) as { uid: string; hash: number };
  expect({ uid, hash }).toEqual({ uid: onePod(1).uid, hash: new TemplateReader().read(BODY)?.hash });
});
