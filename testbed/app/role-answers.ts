import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Faults } from "./faults.ts";
import type { Role } from "./walkthrough-role.ts";

/** The header by which the walkthroughs choose a color. */
const COLOR_HEADER = "color_header";

export interface RoleAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * What an application of the walkthroughs answers. `/ping` is always 200. A color that is to fail says 503, and its
 * color all the same. A front answers 500 when it could not reach its color at all.
 */
export async function roleAnswer(
  role: Exclude<Role, { kind: "describer" }>,
  request: IncomingMessage | Http2ServerRequest,
  faults: Faults,
): Promise<RoleAnswer> {
  if (request.url === "/ping") return { status: 200, body: "" };
  switch (role.kind) {
    case "front":
      return await passedOn(role.colorHost, request.headers[COLOR_HEADER]);
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
