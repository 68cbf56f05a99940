import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { bodyOf } from "./body-of.ts";
import { ColorCallError, type ColorCalls } from "./color-calls.ts";
import { colorMessage, colorNamed, colorOf, flakinessMessage, flakinessOf } from "./color-messages.ts";
import type { Faults } from "./faults.ts";
import { GRPC_STATUS } from "./grpc-messages.ts";
import type { Role } from "./walkthrough-role.ts";

/** The header by which the walkthroughs choose a color. */
const COLOR_HEADER = "color_header";

export interface RoleAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * What an application of the walkthroughs answers. `/ping` is always 200. A color that is to fail says 503, and its
 * color all the same. A front answers 500 when it could not reach its color at all; the paths of {@link overGrpc} it hands on as
 * calls of gRPC.
 */
export async function roleAnswer(
  role: Exclude<Role, { kind: "describer" }>,
  request: IncomingMessage | Http2ServerRequest,
  { faults, colorCalls }: { readonly faults: Faults; readonly colorCalls: ColorCalls },
): Promise<RoleAnswer> {
  if (request.url === "/ping") return { status: 200, body: "" };
  switch (role.kind) {
    case "front":
      return (await overGrpc(request, colorCalls)) ?? (await passedOn(role.colorHost, request.headers[COLOR_HEADER]));
    case "color": {
      const status = faults.next() ? 503 : 200;
      await sleep(role.delayMs);
      return { status, body: role.color };
    }
    case "ports":
      return { status: 200, body: `Hello world ${request.socket.localPort}\n` };
  }
}

/** Asks on a connection of its own, as those applications do. */
async function passedOn(host: string, color: string | string[] | undefined): Promise<RoleAnswer> {
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = color === undefined ? {} : { [COLOR_HEADER]: color };
      httpRequest(`http://${host}/`, { headers, agent: false }, resolve).once("error", reject).end();
    });
    return { status: answer.statusCode ?? 500, body: await text(answer) };
  } catch (error) {
    return { status: 500, body: `cannot reach ${host}: ${(error as Error).message}\n` };
  }
}

/**
 * `/getColor`, `/setColor` (the body is a color's name), `/getFlakiness` and `/setFlakiness?rate=0.5&code=13` as calls of
 * `color.ColorService`, with the color's header as metadata; undefined: another path. 404 where nobody has the method, 500 for other statuses.
 */
async function overGrpc(
  request: IncomingMessage | Http2ServerRequest,
  calls: ColorCalls,
): Promise<RoleAnswer | undefined> {
  const url = new URL(request.url ?? "/", "http://front");
  const chosen = request.headers[COLOR_HEADER];
  const metadata = typeof chosen === "string" ? { [COLOR_HEADER]: chosen } : {};
  const color = async (method: string, message: Buffer) => colorOf(await calls.call(method, message, metadata));
  const flakiness = async (method: string, message: Buffer) =>
    JSON.stringify(flakinessOf(await calls.call(method, message, metadata)));
  const answers: Readonly<Record<string, () => Promise<string>>> = {
    "/getColor": () => color("GetColor", Buffer.alloc(0)),
    "/setColor": async () => color("SetColor", colorMessage(colorNamed(await bodyOf(request)))),
    "/getFlakiness": () => flakiness("GetFlakiness", Buffer.alloc(0)),
    "/setFlakiness": () => {
      const [rate, code] = ["rate", "code"].map((name) => Number(url.searchParams.get(name) ?? 0));
      return flakiness("SetFlakiness", flakinessMessage({ rate: rate ?? 0, code: code ?? 0 }));
    },
  };
  const answer = answers[url.pathname];
  if (answer === undefined) return undefined;
  try {
    return { status: 200, body: await answer() };
  } catch (error) {
    const isUnknown = error instanceof ColorCallError && error.status === GRPC_STATUS.unimplemented;
    return { status: isUnknown ? 404 : 500, body: `${(error as Error).message}\n` };
  }
}
