import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { bodyOf } from "./body-of.ts";
import type { ColorCalls } from "./color-calls.ts";
import type { ColorService } from "./color-service.ts";
import { describeConnection, type Identity } from "./description.ts";
import type { Faults } from "./faults.ts";
import type { ProbeSwitches } from "./probe-switches.ts";
import { roleAnswer } from "./role-answers.ts";
import type { Role } from "./walkthrough-role.ts";

export type HttpRequest = IncomingMessage | Http2ServerRequest;
/** HTTP/2's answers have the same methods (the "compatibility API" of `node:http2`); their types do not overlap. */
export type HttpResponse = ServerResponse;

export interface HttpContext {
  readonly identity: Identity;
  readonly role: Role;
  readonly probes: ProbeSwitches;
  readonly faults: Faults;
  /** What it answers as `color.ColorService`. */
  readonly colors: ColorService;
  /** What a front calls. */
  readonly colorCalls: ColorCalls;
  /** True once the application is about to stop; answers then ask the client to go elsewhere. */
  readonly stopping: () => boolean;
  /** Ends the process with this code. */
  readonly exit: (code: number) => void;
}

/** Between two pieces of a long answer, so that somebody who watches sees it coming. */
const PIECE_MS = 100;

/**
 * Answers one request, of either version of HTTP.
 *
 * - `/probe/NAME`: 200 or 503, by the switch of that name; `/redirect?to=URL`: 302;
 * - `/control?fail=NAME&pass=NAME`: turns switches, any number of them, and says which fail; `exit=CODE` ends the process;
 *   `fault-percent=N` has that share of a color's answers fail;
 * - in a role of the walkthroughs: what {@link roleAnswer} says, as text;
 * - everything else: a {@link Description} as JSON. `status=503` answers with that code, `delay=MS` waits before it,
 *   `stream=MS` sends the answer in pieces over that time, `bytes=N` appends so many letters, `hold` never answers,
 *   `close` cuts the connection without an answer.
 */
export async function answerHttp(request: HttpRequest, response: HttpResponse, context: HttpContext): Promise<void> {
  const url = new URL(request.url ?? "/", "http://app");
  if (context.stopping() && request.httpVersionMajor === 1) response.setHeader("connection", "close");
  if (url.pathname.startsWith("/probe/")) {
    const passes = context.probes.passes(decodeURIComponent(url.pathname.slice("/probe/".length)));
    return end(response, passes ? 200 : 503, { passes });
  }
  if (url.pathname === "/control") return control(url.searchParams, response, context);
  if (url.pathname === "/redirect") {
    response.setHeader("location", url.searchParams.get("to") ?? "/");
    return end(response, 302, {});
  }
  if (context.role.kind !== "describer") {
    const { status, body } = await roleAnswer(context.role, request, context);
    response.writeHead(status, { "content-type": "text/plain" });
    response.end(body);
    return;
  }
  await answerAsAsked(url.searchParams, request, response, context);
}

function control(query: URLSearchParams, response: HttpResponse, context: HttpContext): void {
  for (const name of query.getAll("fail")) context.probes.set(name, false);
  for (const name of query.getAll("pass")) context.probes.set(name, true);
  const percent = query.get("fault-percent");
  if (percent !== null) context.faults.set(Number(percent));
  const exit = query.get("exit");
  end(response, 200, { failing: context.probes.failing() });
  if (exit !== null) response.once("close", () => context.exit(Number(exit)));
}

async function answerAsAsked(
  query: URLSearchParams,
  request: HttpRequest,
  response: HttpResponse,
  context: HttpContext,
): Promise<void> {
  if (query.has("close")) {
    request.socket.destroy();
    return;
  }
  if (query.has("hold")) return;
  const body = await bodyOf(request);
  const delay = Number(query.get("delay") ?? 0);
  if (delay > 0) await sleep(delay);
  const status = Number(query.get("status") ?? 200);
  const description = {
    ...describeConnection(context.identity, `HTTP/${request.httpVersion}`, request.socket),
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    body,
  };
  const filler = "x".repeat(Number(query.get("bytes") ?? 0));
  const stream = Number(query.get("stream") ?? 0);
  if (stream > 0) await endSlowly(response, status, stream, description);
  else end(response, status, filler === "" ? description : { ...description, filler });
}

function end(response: HttpResponse, status: number, value: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(value)}\n`);
}

async function endSlowly(response: HttpResponse, status: number, duration: number, value: object): Promise<void> {
  response.writeHead(status, { "content-type": "application/json" });
  // blanks before a JSON text are no part of it
  for (let passed = 0; passed < duration; passed += PIECE_MS) {
    response.write(" ");
    await sleep(PIECE_MS);
  }
  response.end(`${JSON.stringify(value)}\n`);
}
