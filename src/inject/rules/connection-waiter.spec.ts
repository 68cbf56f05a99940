import { describe, expect, test } from "vitest";
import { aContainer, aPod, appmesh, injected, type PodChange, withSpec } from "../../../test/pods.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Capture } from "../decision.ts";
import { podView } from "../pod.ts";
import { connectionWaiter } from "./connection-waiter.ts";

const CAPTURE: Capture = {
  mode: "init",
  ports: [],
  ignoredPorts: [
    { first: 22, last: 22 },
    { first: 9000, last: 9009 },
  ],
  ignoredIps: [],
  ipv6: true,
};

function waiterOf(members: JsonObject): string | undefined {
  const [container] = podView(aPod(withSpec({ initContainers: [aContainer("wait", members)] }))).initContainers;
  return container && connectionWaiter(container, CAPTURE);
}
const shell = (script: string): JsonObject => ({ command: ["sh", "-c", script] });

describe("an init container seems to wait for a connection with", () => {
  test.each<[JsonObject, string]>([
    [shell("until nc -w 2 db 5432 </dev/null; do sleep 1; done"), "nc"],
    [shell("while ! nc -z db 5432;do sleep 1;done"), "nc"],
    [shell("until $(/usr/bin/ncat db 5432); do :; done"), "ncat"],
    [shell("while ! timeout 1 netcat -vz db 5432; do sleep 1; done"), "netcat"],
    [{ command: ["bash", "-lc", "until nc -zv db 5432; do sleep 1; done"] }, "nc"],
    [shell("until echo | telnet db 5432; do sleep 1; done"), "telnet"],
    [{ command: ["bash", "-c", "until (echo > /dev/tcp/db/5432) 2>/dev/null; do sleep 1; done"] }, "/dev/tcp/"],
    [{ command: ["/wait-for-it.sh"], args: ["db:5432", "--", "echo"] }, "wait-for-it.sh"],
    [{ args: ["./wait-for", "db:5432"] }, "wait-for"],
    [{ command: ["wait4ports", "tcp://db:5432"] }, "wait4ports"],
    [{ command: ["npx", "wait-port", "db:5432"] }, "wait-port"],
    [{ command: ["dockerize", "-wait", "tcp://db:5432"] }, "dockerize"],
    [{ command: ["dockerize", "-wait=tcp://db:5432"] }, "dockerize"],
    [{ image: "jwilder/dockerize:0.6.1", args: ["-wait", "tcp://db:5432"] }, "dockerize"],
    [{ command: ["wait4x", "tcp", "db:5432"] }, "wait4x"],
    [{ image: "registry.example:5000/tools/wait-for-it@sha256:abc", args: ["db:5432"] }, "wait-for-it"],
    [{ image: "wait4ports" }, "wait4ports"],
    [{ image: 7, command: [7, "nc", null, "db"] }, "nc"],
  ])("%j", (members, waiter) => {
    expect(waiterOf(members)).toBe(waiter);
  });
});

describe("an init container does not seem to, with", () => {
  test.each<[JsonObject]>([
    [{}],
    [{ command: null, args: {} }],
    [shell("until nslookup db.default.svc; do sleep 2; done")],
    [shell("until wget -qO- http://api/healthz; do sleep 2; done")],
    [shell("until curl -f http://api:8080/; do sleep 2; done")],
    // these say something and see that nobody answers
    [shell("until pg_isready -h db -p 5432; do sleep 1; done")],
    [shell("until mysqladmin ping -h db; do sleep 1; done")],
    [{ command: ["dockerize", "-wait", "http://api:8080"] }],
    [{ command: ["wait4x", "http", "http://api"] }],
    [shell("nc -l -p 8080")],
    [shell("nc -lk 8080")],
    [shell("nc -v -lk 8080")],
    [shell("sync; launch; funcnc")],
    [shell("ls /opt/nc.d/")],
    // ports that are not captured
    [shell("until nc -z db 22; do sleep 1; done")],
    [shell("until nc -z db 9005; do sleep 1; done")],
    [{ command: ["wait-for-it", "db:9009"] }],
    [{ command: ["wait4ports", "tcp://db:9000"] }],
    [{ command: ["bash", "-c", "until (echo >/dev/tcp/db/22); do sleep 1; done"] }],
    [shell(`${"x ".repeat(3000)} nc -z db 5432`)],
  ])("%j", (members) => {
    expect(waiterOf(members)).toBeUndefined();
  });
});

describe("it is warned of", () => {
  const waits = aContainer("wait", shell("until nc -z db 5432; do sleep 1; done"));
  const warnings = (container: JsonObject, ...changes: readonly PodChange[]) => {
    const pod = aPod(withSpec({ initContainers: [aContainer("first"), container] }), ...changes);
    return injected(pod).result.warnings.filter((text) => text.includes("seems to wait"));
  };

  test("with its name, the program and what helps", () => {
    expect(warnings(waits)).toEqual([
      "spec.initContainers[1] (wait) seems to wait with nc until a connection is accepted, and Envoy accepts every one: it would not wait; annotate outrigger.dev/init-containers: outside",
    ]);
  });

  test("with what helps in CNI mode, where nothing runs outside", () => {
    expect(warnings(waits, appmesh({ appmeshCNI: "enabled" })).join()).toMatch(
      /\(wait\).*annotate the port in appmesh.k8s.aws\/egressIgnoredPorts$/,
    );
  });

  test("not where its port is not captured", () => {
    expect(warnings(waits, appmesh({ egressIgnoredPorts: "5432" }))).toEqual([]);
  });

  test("not where it runs beside the app", () => {
    expect(warnings({ ...waits, restartPolicy: "Always" })).toEqual([]);
  });
});

test("a command of a megabyte costs no more than its beginning", () => {
  expect(waiterOf(shell(`nc ${"-".repeat(1_000_000)}`))).toBe("nc");
  expect(waiterOf(shell("(".repeat(1_000_000)))).toBeUndefined();
});
