import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { ExplanationReport } from "../../src/answers/explain-request/explanation-report.ts";
import { outrigger } from "./command-line.ts";

/* What clients of a gateway meet before its routes, and where none of its routes takes what they send. */

// what the command loads at its first call takes seconds on a busy machine, and is none of a test's time
beforeAll(async () => {
  await Promise.all([import("../../src/answers/explain-request/answers.ts"), import("../../src/cli/mesh-in-files.ts")]);
}, 120_000);

const GATEWAYS = relative(process.cwd(), join(import.meta.dirname, "explain-request/gateways.yaml"));

async function explained(url: string): Promise<ExplanationReport & { readonly code: number }> {
  const words = ["explain", "request", url, "--from", "vg/edge", "-n", "shop", "-f", GATEWAYS, "-o", "json"];
  const { code, stdout } = await outrigger(words, { environment: {} });
  return { ...(JSON.parse(stdout) as ExplanationReport), code };
}

const CART = "shop.example.com:%/cart/1";
const cart = (scheme: string, port: number) => explained(`${scheme}://${CART.replace("%", `${port}`)}`);

describe("a listener of a gateway", () => {
  test("that asks clients for a certificate says so, as nobody knows who sends", async () => {
    const { code, outcome, notes } = await cart("https", 8443);
    expect({ code, kind: outcome.kind }).toEqual({ code: 0, kind: "answered" });
    expect(notes).toEqual([
      "the listener of port 8443 asks clients for a certificate that it trusts, named phone.example.com; without one the connection is closed",
    ]);
  });

  test("that asks for none says nothing", async () => {
    expect((await cart("http", 8088)).notes).toEqual([]);
  });

  test("whose certificate cannot be used closes connections over TLS, and answers plain text where it takes that", async () => {
    const closed = await cart("https", 8444);
    expect({ code: closed.code, outcome: closed.outcome }).toEqual({
      code: 1,
      outcome: {
        kind: "closed",
        why: 'no TLS at the listener of port 8444: "certs/tls.crt" is no path from the root of the container of Envoy, so no TLS connection is made (bad-certificate)',
        help: "write the path where the volume is mounted there",
        grpcStatus: null,
      },
    });
    expect((await cart("http", 8444)).outcome.kind).toBe("answered");
  });

  test("that trusts what no client has closes connections over TLS", async () => {
    const { code, outcome } = await cart("https", 8445);
    expect({ code, kind: outcome.kind }).toEqual({ code: 1, kind: "closed" });
    expect(outcome).toHaveProperty("help", "trust a file, or sds");
  });
});

test("a gateway that is only observed does not listen, and it is said what would become of the request if it were served", async () => {
  const manifest = (await readFile(GATEWAYS, "utf8")).replace(
    "kind: Mesh\nmetadata: { name: shop }",
    "kind: Mesh\nmetadata: { name: shop, annotations: { outrigger.dev/mesh: observe } }",
  );
  const words = [
    "explain",
    "request",
    "http://shop.example.com:8088/cart",
    "--from",
    "vg/edge",
    "-n",
    "shop",
    "-f",
    "-",
  ];
  const { code, stdout } = await outrigger(words, { environment: {}, stdin: manifest });
  expect(code).toBe(1);
  expect(stdout).toContain(
    "=> closed by Envoy: Mesh shop only observes here, so the gateway does not listen\n   hint: to serve it: outrigger serve namespace/shop\n=> if it were served: answered by virtual node cart_shop\n",
  );
});

describe("where no route of a gateway takes a request", () => {
  test("those that it does not have are named, each with what is wrong with it", async () => {
    const { outcome, notes } = await explained("http://shop.example.com:8088/wild");
    expect(outcome).toMatchObject({
      kind: "status",
      status: 404,
      why: "none of 1 gateway route for host shop.example.com takes it",
    });
    expect(notes).toEqual([
      "GatewayRoute/shop/ported is none of its routes: the gateway has no listener on port 9999; it has 8088, 8443, 8444, 8445 (port-mismatch); name one of the gateway's ports",
      expect.stringMatching(/^GatewayRoute\/shop\/unlabelled is none of its routes: .*\(no-gateway\); change labels/),
      expect.stringMatching(/^GatewayRoute\/shop\/wild is none of its routes: .*\(never-matches\); write a host name/),
    ]);
  });

  test("a request that a route takes says nothing of them", async () => {
    expect(JSON.stringify(await cart("http", 8088))).not.toContain("none of its routes");
  });
});
