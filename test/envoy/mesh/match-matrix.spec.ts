import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Ask, Behaviour } from "./match-matrix/behaviour.ts";
import { manifestOf, type Placed, placed } from "./match-matrix/manifest.ts";
import { type MatrixEnvoy, matrixEnvoy, WHO } from "./match-matrix/matrix-envoy.ts";
import { type RawAnswer, rawRequest } from "./match-matrix/raw-request.ts";
import { TABLE } from "./match-matrix/table.ts";

/*
 * Requests through a real Envoy that has what the callers of App Mesh objects get. The folder beside this file holds the table of
 * objects, requests and answers.
 */

const ALL = placed(Object.values(TABLE).flat());
let envoy: MatrixEnvoy;
const answers = new Map<string, RawAnswer>();

beforeAll(async () => {
  envoy = await matrixEnvoy(manifestOf(ALL));
  for (const place of ALL) {
    const asked = casesOf(place.behaviour).map(async (each) => answers.set(keyOf(place, each), await ask(place, each)));
    await Promise.all(asked);
  }
});

afterAll(() => envoy?.stop());

describe.each(Object.entries(TABLE))("%s", (_, behaviours) => {
  describe.each(behaviours)("$about", (behaviour) => {
    const place = ALL.find((each) => each.behaviour === behaviour) as Placed;
    test.each(casesOf(behaviour))("$name", (each) => {
      expect(answerOf(answers.get(keyOf(place, each)))).toBe(each.answer);
    });
  });
});

test("the table has more than 200 requests", () => {
  expect(ALL.flatMap(({ behaviour }) => casesOf(behaviour)).length).toBeGreaterThan(200);
});

test("Envoy has nothing to say about any of it", () => {
  expect(envoy.log()).toBe("");
});

interface Case {
  readonly name: string;
  readonly port: number;
  readonly request: string;
  readonly answer: Answer;
}

function casesOf({ asks, asksOnPort = {} }: Behaviour): readonly Case[] {
  const named = (port: number, [request, answer]: Ask): Case => {
    const shown = request.replaceAll("\n", " | ");
    return { name: `${shown}${port === 8080 ? "" : ` on ${port}`}: ${answer}`, port, request, answer };
  };
  const others = Object.entries(asksOnPort).flatMap(([port, list]) => list.map((each) => named(Number(port), each)));
  return [...asks.map((each) => named(8080, each)), ...others];
}

function keyOf({ name }: Placed, { port, request }: Case): string {
  return `${name} ${port} ${request}`;
}

async function ask({ behaviour, namespace, service }: Placed, { port, request }: Case): Promise<RawAnswer> {
  const [first = "", ...headers] = request.split("\n");
  const line = / HTTP\/1\.\d$/.test(first) ? first : `${first} HTTP/1.1`;
  const isNamed = behaviour.hosts === "as written" || headers.some((header) => header.startsWith("host:"));
  return await rawRequest(envoy.portFor(namespace, port), [line, ...(isNamed ? [] : [`host: ${service}`]), ...headers]);
}

function answerOf(answer: RawAnswer | undefined): string | number | undefined {
  return answer?.status === 200 ? answer.headers.get(WHO) : answer?.status;
}
