import { describe, expect, test } from "vitest";
import { REQUEST_LIMITS, RequestError, readRequest, type WrittenRequest } from "./read-request.ts";

const read = (url: string, more: Partial<WrittenRequest> = {}) =>
  readRequest({ method: undefined, headers: [], isGrpc: false, ...more, url });

describe("a URL is taken as it is written", () => {
  test.each([
    ["http://back.shop", { host: "back.shop", port: 80, authority: "back.shop", path: "/" }],
    ["HTTP://Back.Shop:8080", { host: "Back.Shop", port: 8080, authority: "Back.Shop:8080", path: "/" }],
    [
      "http://back./x/../%62%2f//y?z=%20&z",
      { host: "back.", port: 80, authority: "back.", path: "/x/../%62%2f//y?z=%20&z" },
    ],
    ["http://back?x=1", { host: "back", port: 80, authority: "back", path: "/?x=1" }],
    ["http://back/?http://other/", { host: "back", port: 80, authority: "back", path: "/?http://other/" }],
    ["https://[fd00::1]:8443/x", { host: "fd00::1", port: 8443, authority: "[fd00::1]:8443", path: "/x" }],
    ["http://10.0.0.1/", { host: "10.0.0.1", port: 80, authority: "10.0.0.1", path: "/" }],
  ])("%s", (url, expected) => {
    expect(read(url)).toMatchObject({ kind: "http", method: "GET", ...expected });
  });

  test("tcp:// is a connection", () => {
    expect(read("tcp://db.shop:5432")).toEqual({ kind: "tcp", host: "db.shop", port: 5432 });
  });
});

describe("what cannot be asked about is refused, with what helps", () => {
  test.each([
    ["", "expected http://HOST[:PORT]/PATH"],
    ["back.shop/x", "write http://back.shop/x"],
    ["grpc://back/x", "with --grpc"],
    ["http://", '"" is no host'],
    ["http:///x", '"" is no host'],
    ["http://a b/", '"a b" is no host'],
    ["http://a\\b/", "is no host"],
    ["http://b\u00e4ck/", "is no host"],
    ["http://[::g]/", "is no host"],
    ["http://fd00::1/", "of IPv6 in brackets"],
    ["http://a:/", "is no host"],
    ["http://a:0/", "0 is no port: expected 1 to 65535"],
    ["http://a:65536/", "65536 is no port"],
    ["http://me:secret@a/", "has a user"],
    ["http://a/x#y", 'leave "#y" out'],
    ["http://a/x y", "write it as %20"],
    ["http://a/\u00e4", "write it as %C3%A4"],
    ["http://a/\u0007", "write it as %07"],
    ["tcp://db.shop", "expected tcp://HOST:PORT"],
    ["tcp://db.shop:1/x", "has no path"],
    [`http://a/${"x".repeat(REQUEST_LIMITS.text)}`, `at most ${REQUEST_LIMITS.text}`],
  ])("%s", (url, message) => {
    expect(() => read(url)).toThrow(RequestError);
    expect(() => read(url)).toThrow(message);
  });

  test.each([
    [{ method: "G T" }, '"G T" is no method'],
    [{ method: "" }, "is no method"],
    [{ method: "X".repeat(33) }, "is no method"],
    [{ method: "GET", isGrpc: true }, "every call of gRPC is a POST"],
    [{ isGrpc: true }, 'a call of gRPC is /package.Service/Method, found the path "/"'],
    [{ method: "CONNECT" }, "asks a proxy for a tunnel"],
    [{ headers: ["host: a", "Host: b"] }, "a request has one Host, found 2 of them"],
    [{ headers: ["host: a", ":authority: a"] }, "a request has one Host"],
    [{ headers: ["x-user"] }, "expected -H 'name: value'"],
    [{ headers: [": bob"] }, "expected -H 'name: value'"],
    [{ headers: ["x user: bob"] }, "expected -H 'name: value'"],
    [{ headers: [":path: /x"] }, "are those of METHOD and URL"],
    [{ headers: ["x: a\r\ny: b"] }, "a -H of its own"],
    [{ headers: Array.from({ length: 1001 }, () => "a:b") }, "at most 1000"],
    [{ headers: [`x: ${"y".repeat(REQUEST_LIMITS.text)}`] }, "(431)"],
  ])("%o", (more, message) => {
    expect(() => read("http://a/", more)).toThrow(message);
  });

  test.each([[{ method: "GET" }], [{ headers: ["a: b"] }], [{ isGrpc: true }]])("tcp:// with %o", (more) => {
    expect(() => read("tcp://a:1", more)).toThrow("a connection of TCP has no request");
  });
});

describe("headers", () => {
  test("are bytes, without blanks around them, and names have no case", () => {
    const { headers } = read("http://a/", { headers: ["X-User: \t bob ", "x-user:", "name: caf\u00e9"] }) as never;
    expect(headers).toEqual([
      { name: "x-user", value: "bob" },
      { name: "x-user", value: "" },
      { name: "name", value: "caf\u00c3\u00a9" },
    ]);
  });

  test("a Host of its own counts before that of the URL, which says where the connection goes", () => {
    expect(read("http://10.0.0.1:8080/", { headers: ["Host: back.shop"] })).toMatchObject({
      host: "10.0.0.1",
      authority: "back.shop",
      headers: [],
    });
  });

  test("a call of gRPC says that it is one, in the words of the caller where there are any", () => {
    expect(read("http://a/s/m", { isGrpc: true })).toMatchObject({
      method: "POST",
      headers: [{ name: "content-type", value: "application/grpc" }],
    });
    const headers = ["content-type: application/grpc+proto"];
    expect(read("http://a/s/m", { isGrpc: true, headers })).toMatchObject({
      headers: [{ name: "content-type", value: "application/grpc+proto" }],
    });
  });
});
