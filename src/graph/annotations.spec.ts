import { describe, expect, test } from "vitest";
import { endpointsOf } from "./annotations.ts";

interface Read {
  readonly endpoints: readonly string[] | undefined;
  readonly problems: readonly string[];
}

function read(value: string, hasPods = false, ports: readonly number[] = [8080]): Read {
  const problems: string[] = [];
  const found = endpointsOf({ "outrigger.dev/endpoints": value }, hasPods, ports, (code, _, message) => {
    problems.push(`${code}: ${message.replace("annotation outrigger.dev/endpoints ", "")}`);
  });
  return { endpoints: found?.map(({ address, port }) => `${address} ${port ?? "-"}`), problems };
}

describe("the annotation of a node's addresses", () => {
  test("is a list of addresses with ports and without, each once", () => {
    const value = "10.0.0.7,10.0.0.7:8080 , fd00::7, [fd00::7]:9090,[fd00::8],10.0.0.7";
    expect(read(value)).toEqual({
      endpoints: ["10.0.0.7 -", "10.0.0.7 8080", "fd00::7 -", "fd00::7 9090", "fd00::8 -"],
      problems: [],
    });
  });

  const OF_HOST = "addresses of this host, of its link, of groups and of nobody are never called";
  test.each([
    ["web", "it is no IP address with or without a port"],
    ["web:80", "it is no IP address with or without a port"],
    ["", "it is no IP address with or without a port"],
    ["10.0.0.256", "it is no IP address with or without a port"],
    ["10.0.0.7:0", "it is no IP address with or without a port"],
    ["10.0.0.7:65536", "it is no IP address with or without a port"],
    ["[10.0.0.7]:80", "it is no IP address with or without a port"],
    ["fd00::7%eth0", OF_HOST],
    ["127.0.0.1", OF_HOST],
    ["127.9.9.9:80", OF_HOST],
    ["::1", OF_HOST],
    ["[::ffff:127.0.0.1]:80", OF_HOST],
    ["169.254.169.254", OF_HOST],
    ["fe80::1", OF_HOST],
    ["0.0.0.0", OF_HOST],
    ["::", OF_HOST],
    ["224.0.0.1", OF_HOST],
    ["240.0.0.1", OF_HOST],
    ["ff02::1", OF_HOST],
    ["10.0.0.7:9901", "port 9901 is one of the sidecar's own"],
    ["10.0.0.7:15000", "port 15000 is one of the sidecar's own"],
    ["[fd00::7]:15001", "port 15001 is one of the sidecar's own"],
    ["10.0.0.7:15020", "port 15020 is one of the sidecar's own"],
  ])("leaves %s out, names it, and takes the others", (entry, problem) => {
    expect(read(`10.0.0.8, ${entry}`)).toEqual({
      endpoints: ["10.0.0.8 -"],
      problems: [`bad-annotation: has ${JSON.stringify(entry)} as entry 2: ${problem}`],
    });
  });

  test("asks for the listener's port too, where an entry has none", () => {
    expect(read("10.0.0.7", false, [8080, 9901]).problems).toEqual([
      'bad-annotation: has "10.0.0.7" as entry 1: port 9901 is one of the sidecar\'s own',
    ]);
  });

  test("with nothing that can be used names nobody, and not whom the discovery would", () => {
    expect(read("a, b, c, d, e")).toEqual({
      endpoints: [],
      problems: [
        ...["a", "b", "c"].map((entry, index) =>
          expect.stringContaining(`has ${JSON.stringify(entry)} as entry ${index + 1}`),
        ),
        "bad-annotation: has 2 more entries that cannot be used",
      ],
    });
  });

  test("names 256 at most; the first ones count", () => {
    const many = (count: number): string =>
      Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}`).join(",");
    expect(read(many(256))).toMatchObject({ problems: [] });
    const { endpoints, problems } = read(many(257));
    expect(endpoints).toHaveLength(256);
    expect(problems).toEqual(["bad-annotation: has 257 entries; the first 256 count"]);
  });

  test("has no effect on a node with pods", () => {
    expect(read("10.0.0.7", true)).toEqual({
      endpoints: undefined,
      problems: ["bad-annotation: has no effect on a node with a podSelector"],
    });
  });
});
