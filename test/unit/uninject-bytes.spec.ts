import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseManifest } from "../../src/manifest/parse.ts";
import { outrigger } from "./command-line.ts";

/** What the command line makes of a text, and what it makes of that. */
async function thereAndBack(text: string) {
  const there = await outrigger(["inject", "-f", "-"], { stdin: text });
  expect(there).toMatchObject({ code: 0, stderr: expect.not.stringContaining("refused") });
  expect(there.stdout).toContain("outrigger.dev/injected");
  const back = await outrigger(["uninject", "-f", "-"], { stdin: there.stdout });
  expect(back.code).toBe(0);
  return { there: there.stdout, back: back.stdout };
}

/** Every comment of these texts ends in a word of its own. */
function commentsOf(text: string): readonly string[] {
  return text.match(/#[ \t]*c[0-9]+\b/g) ?? [];
}

function missing(text: string, result: string): readonly string[] {
  const left = new Set(commentsOf(result));
  return commentsOf(text).filter((comment) => !left.has(comment));
}

/** A pod whose container has these lines, at eight columns. */
function pod(...lines: readonly string[]): string {
  return [
    "apiVersion: v1",
    "kind: Pod",
    "metadata:",
    "  name: web",
    "spec:",
    "  containers:",
    "    - name: web",
    "      image: web:1",
    "      ports:",
    "        - {name: http, containerPort: 8080}",
    ...lines.map((line) => `      ${line}`),
    "",
  ].join("\n");
}

const KEPT: Readonly<Record<string, string>> = {
  "a TCP probe before its timings": pod(
    "livenessProbe:",
    "  tcpSocket:",
    "    port: 8080",
    "  initialDelaySeconds: 5",
    "  periodSeconds: 10",
  ),
  "a TCP probe behind and between its timings": pod(
    "readinessProbe:",
    "  initialDelaySeconds: 5",
    "  tcpSocket:",
    "    port: http",
    "  periodSeconds: 10",
  ),
  "a gRPC probe with a service": pod(
    "startupProbe:",
    "  grpc:",
    "    service: a.B # c1",
    "    port: 8080",
    "  periodSeconds: 10",
  ),
  "a gRPC probe without a service": pod("startupProbe:", "  grpc: # c1", "    port: 8080", "  periodSeconds: 10"),
  "a gRPC probe with an empty service": pod(
    "startupProbe:",
    "  grpc:",
    "    port: 8080",
    '    service: "" # c1',
    "  periodSeconds: 10",
  ),
  "a gRPC probe with a service of nothing": pod(
    "startupProbe:",
    "  grpc:",
    "    port: 8080",
    "    service: # c1",
    "  periodSeconds: 10",
  ),
  "a gRPC probe with a service of null": pod(
    "startupProbe:",
    "  grpc:",
    "    port: 8080",
    "    service: null # c1",
    "  periodSeconds: 10",
  ),
  "an empty host": pod(
    "livenessProbe:",
    "  tcpSocket:",
    '    host: "" # c1',
    "    port: 8080 # c2",
    "  periodSeconds: 10",
  ),
  "comments everywhere": pod(
    "# c1",
    "livenessProbe: # c2",
    "  # c3",
    "  tcpSocket: # c4",
    "    # c5",
    "    port: 8080 # c6",
    "    # c7",
    "  # c8",
    "  periodSeconds: 10 # c9",
    "  # c10",
    "# c11",
    "readinessProbe: # c12",
    "  # c13",
    "  httpGet: # c14",
    "    # c15",
    '    path: "/ready" # c16',
    "    # c17",
    "    port: 8080 # c18",
    "    # c19",
    "    httpHeaders: # c20",
    "      - name: A # c21",
    "        value: b # c22",
  ),
  "a probe in brackets": pod("livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 10} # c1"),
  "a probe in brackets with odd spacing": pod(
    "livenessProbe: { tcpSocket: {  port: 8080 , host: '' } ,periodSeconds: 10, } # c1",
  ),
  "a probe in brackets on several lines": pod(
    "livenessProbe: { # c1",
    "  tcpSocket: { # c2",
    "    port: 8080 # c3",
    "    # c4",
    "  }, # c5",
    "  periodSeconds: 10 # c6",
    "  }",
  ),
  "a gRPC probe in brackets": pod('livenessProbe: {grpc: {service: "a.B", port: 8080}, periodSeconds: 10} # c1'),
  "quoted keys": pod('"livenessProbe":', "  'tcpSocket':", '    "port": 8080', "  periodSeconds: 10"),
  "an HTTP probe with quoted values": pod(
    "livenessProbe:",
    "  httpGet:",
    "    path: '/live'",
    "    port: 8080 # c1",
    '    scheme: "HTTPS" # c2',
  ),
  "a port's name in quotes": pod("livenessProbe:", "  httpGet:", "    path: /live", '    port: "http" # c1'),
  "a port's name in single quotes": pod("livenessProbe: {tcpSocket: {port: 'http'}} # c1"),
  "an anchor on a probe": pod(
    "livenessProbe: &probe # c1",
    "  tcpSocket: # c2",
    "    port: 8080",
    "  periodSeconds: 5",
  ),
  "an HTTP probe without a path": pod(
    "livenessProbe:",
    "  httpGet: # c1",
    "    port: 8080 # c2",
    "    # c3",
    "  periodSeconds: 5",
  ),
  "an HTTP probe with an empty path": pod("livenessProbe:", "  httpGet: # c1", "    path: # c2", "    port: 8080 # c3"),
  "an exec probe": pod("livenessProbe: # c1", "  exec: # c2", "    command: # c3", "      - sh # c4"),
  "tabs before and in comments": pod(
    "livenessProbe:\t#\tc1",
    "  tcpSocket:\t# c2",
    "    port: 8080\t \t# c3  ",
    "  periodSeconds: 10",
  ),
  "a long text before and behind": pod(
    "args:",
    "  - |",
    "    # no comment",
    "    a  ",
    "",
    "livenessProbe:",
    "  tcpSocket:",
    "    port: 8080",
    "  periodSeconds: 10",
    'command: [a, "b',
    '  c"]',
  ),
};

const EMPTY: Readonly<Record<string, string>> = Object.fromEntries(
  ["", " # c1", " {} # c1", " null # c1", " {  } # c1", " { # c1\n  }", " {}", " null"]
    .flatMap((value) => [
      [`annotations:${value}`, pod().replace("  name: web\n", `  name: web\n  annotations:${value}\n  # c2\n`)],
      [`labels:${value}`, pod().replace("  name: web\n", `  name: web\n  labels:${value}\n  # c2\n`)],
    ])
    .concat(
      ["", " # c1", " [] # c1", " null # c1", " [ ] # c1", " [ # c1\n  ]", " []"].flatMap((value) =>
        ["initContainers", "volumes", "imagePullSecrets"].flatMap((key) => [
          [`${key}:${value}`, `${pod()}  ${key}:${value}\n  # c2\n`],
        ]),
      ),
    ),
);

describe("inject and uninject give the same bytes, and no comment is lost between", () => {
  test.each(Object.entries({ ...KEPT, ...EMPTY }))("%s", async (_what, text) => {
    for (const given of [text, text.replaceAll("\n", "\r\n"), text.slice(0, -1)]) {
      const { there, back } = await thereAndBack(given);
      expect(missing(given, there)).toEqual([]);
      expect(back).toBe(given);
    }
  });
});

const CHANGED: Readonly<Record<string, { text: string; spelling?: [string, string] }>> = {
  "an alias of a probe": {
    text: pod(
      "livenessProbe: &probe # c1",
      "  # c2",
      "  tcpSocket: # c3",
      "    port: 8080 # c4",
      "readinessProbe: *probe # c5",
    ),
  },
  "an alias of a port": {
    text: pod("env: [{name: A, value: &port http}] # c1", "livenessProbe:", "  tcpSocket:", "    port: *port # c2"),
    spelling: ["*port", "http"],
  },
  "a path on several lines": {
    text: pod(
      "livenessProbe:",
      "  httpGet: # c1",
      "    path: >- # c2",
      "      /live",
      "    # c3",
      "    port: 8080 # c4",
    ),
    spelling: [">- # c2\n            /live\n", "/live\n          # c2\n"],
  },
  "a tilde": {
    text: `${pod()}  volumes: ~ # c1\n`,
    spelling: ["~", "null"],
  },
  "a probe by a merge key": {
    text: pod(
      "env: [] # c1",
      "x: &x # c2",
      "  tcpSocket: {port: 8080} # c3",
      "livenessProbe: # c4",
      "  <<: *x # c5",
      "  periodSeconds: 5 # c6",
    ),
  },
};

describe("where the bytes cannot be kept the comments still are, and the values", () => {
  test.each(Object.entries(CHANGED))("%s", async (_what, { text, spelling }) => {
    const { there, back } = await thereAndBack(text);
    expect(missing(text, there)).toEqual([]);
    expect(missing(text, back)).toEqual([]);
    expect(parseManifest(back).documents[0]?.json).toEqual(parseManifest(text).documents[0]?.json);
    if (spelling !== undefined) expect(back).toBe(text.replace(...spelling));
  });
});

/** Lines of probes, any of which may have comments above and behind. */
const PROBES: fc.Arbitrary<readonly string[]> = fc
  .tuple(
    fc.constantFrom("startupProbe", "livenessProbe", "'readinessProbe'"),
    fc.constantFrom(
      ["  tcpSocket:", "    port: 8080"],
      ["  tcpSocket:", "    host: ''", '    port: "http"'],
      ["  grpc:", "    port: 8080", "    service: a.B"],
      ["  grpc:", "    service:", "    port: 8080"],
      ["  httpGet:", "    path: '/live'", "    port: http", "    scheme: HTTPS"],
      ['  "tcpSocket": { port: 8080 }'],
      ["  exec: {command: [sh]}"],
    ),
    fc.subarray(["  initialDelaySeconds: 5", "  periodSeconds: 10"]),
    fc.boolean(),
  )
  .map(([name, action, timings, isFirst]) => [
    `${name}:`,
    ...(isFirst ? action : timings),
    ...(isFirst ? timings : action),
  ]);

const WHIMS = fc.array(fc.constantFrom("", "", "behind", "above", "blank", "tab"), { minLength: 5, maxLength: 20 });

test("for comments and blank lines anywhere, with any line breaks", async () => {
  await fc.assert(
    fc.asyncProperty(PROBES, WHIMS, fc.boolean(), fc.boolean(), async (probe, whims, isWindows, isEnded) => {
      const written = pod(...probe)
        .trimEnd()
        .split("\n")
        .flatMap((line, index) => {
          const column = /^ */.exec(line)?.[0] ?? "";
          switch (whims[index % whims.length]) {
            case "behind":
              return [`${line}  # c${index}`];
            case "tab":
              return [`${line}\t#\tc${index} `];
            case "above":
              return [`${column}# c${index}`, line];
            case "blank":
              return ["", line];
            default:
              return [line];
          }
        });
      const text = written.join(isWindows ? "\r\n" : "\n") + (isEnded ? (isWindows ? "\r\n" : "\n") : "");
      const { there, back } = await thereAndBack(text);
      expect(missing(text, there)).toEqual([]);
      expect(back).toBe(text);
    }),
    { numRuns: 40 },
  );
});
