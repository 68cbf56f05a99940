import { expect, test } from "vitest";
import { httpProbeClusters } from "./http-probes.ts";

const probe = (port: number, timeoutSeconds: number, tls = false) => ({
  path: `/probe/app/${port}-${timeoutSeconds}`,
  timeoutSeconds,
  check: { kind: "http", tls, port, path: "/", ownHost: false } as const,
});

/** Name and patience of each cluster. */
const shapes = (...probes: Parameters<typeof httpProbeClusters>[0]) =>
  httpProbeClusters(probes).map((cluster) => [cluster.name, cluster.connect_timeout]);

test("probes of one port and scheme share a cluster, which is as patient as the most patient of them", () => {
  expect(shapes(probe(80, 1), probe(443, 2, true), probe(80, 7), probe(80, 3), probe(443, 4))).toEqual([
    ["outrigger_probe_http_80", "7s"],
    ["outrigger_probe_https_443", "2s"],
    ["outrigger_probe_http_443", "4s"],
  ]);
});

test("without probes there is none", () => {
  expect(shapes()).toEqual([]);
});

test("as many as a hostile pod can declare are shared out, too", () => {
  // looking through all of them for each took minutes, and comparing their patience in one call overflows the stack
  const many = Array.from({ length: 200_000 }, (_, index) => probe(80, 1 + (index % 60)));
  expect(shapes(...many.slice(0, 2), probe(80, 9))).toEqual([["outrigger_probe_http_80", "9s"]]);
  expect(httpProbeClusters(many)).toHaveLength(1);
});
