import type { OutgoingHttpHeaders } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { COLOR_SERVICE } from "./color-messages.ts";
import { describeConnection } from "./description.ts";
import {
  ANSWERED_BY,
  APP_SERVICE,
  GRPC_STATUS,
  grpcFrame,
  grpcMessages,
  HEALTH_SERVICE,
  healthMessage,
  NOT_SERVING,
  SERVING,
  stringMessage,
  textOf,
} from "./grpc-messages.ts";
import type { HttpContext } from "./http-answers.ts";

/** Between two messages of `Count`. */
const COUNT_MS = 20;

/**
 * Answers one gRPC call:
 *
 * - `outrigger.testbed.App/Describe` (unary): a description of the call, as JSON in a StringValue;
 * - `…/Count` (server stream): the numbers from 1 to the one asked for;
 * - `…/Echo` (bidirectional): each message back as it comes;
 * - `color.ColorService`: {@link ColorService};
 * - `grpc.health.v1.Health/Check` and `/Watch`: by the switch of the service's name, `grpc` for none.
 *
 * The metadata `app-status` makes any call of the application fail with that code, `app-delay` wait so many milliseconds.
 */
export async function answerGrpc(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  context: HttpContext,
): Promise<void> {
  const messages = grpcMessages(request as AsyncIterable<Buffer>);
  const headers = { "content-type": "application/grpc", [ANSWERED_BY]: context.identity.pod };
  const send = (message: Buffer) => {
    if (!response.headersSent) response.writeHead(200, headers);
    return response.write(grpcFrame(message));
  };
  try {
    const status = await call(request, messages, send, response, context);
    finish(response, headers, status, "");
  } catch (error) {
    // a client that went away is nobody to answer
    if (!(error instanceof RangeError)) return;
    finish(response, headers, GRPC_STATUS.invalidArgument, error.message);
  }
}

async function call(
  request: Http2ServerRequest,
  messages: AsyncGenerator<Buffer>,
  send: (message: Buffer) => void,
  response: Http2ServerResponse,
  context: HttpContext,
): Promise<number> {
  if (request.url.startsWith(`${HEALTH_SERVICE}/`)) return await health(request, messages, send, response, context);
  const delay = Number(request.headers["app-delay"] ?? 0);
  if (delay > 0) await sleep(delay);
  const asked = Number(request.headers["app-status"] ?? GRPC_STATUS.ok);
  if (asked !== GRPC_STATUS.ok) return asked;
  if (request.url.startsWith(`${COLOR_SERVICE}/`)) {
    const { status, message } = context.colors.answer(request.url, await first(messages));
    if (message !== undefined) send(message);
    return status;
  }
  switch (request.url) {
    case `${APP_SERVICE}/Describe`: {
      const body = textOf(await first(messages));
      const description = describeConnection(context.identity, "gRPC", request.socket);
      const seen = { method: request.method, path: request.url, headers: request.headers, body };
      send(stringMessage(JSON.stringify({ ...description, ...seen })));
      return GRPC_STATUS.ok;
    }
    case `${APP_SERVICE}/Count`: {
      const last = Number(textOf(await first(messages)));
      for (let number = 1; number <= last && !response.stream.destroyed; number++) {
        send(stringMessage(String(number)));
        await sleep(COUNT_MS);
      }
      return GRPC_STATUS.ok;
    }
    case `${APP_SERVICE}/Echo`:
      for await (const message of messages) send(message);
      return GRPC_STATUS.ok;
    default:
      return GRPC_STATUS.unimplemented;
  }
}

async function health(
  request: Http2ServerRequest,
  messages: AsyncGenerator<Buffer>,
  send: (message: Buffer) => void,
  response: Http2ServerResponse,
  context: HttpContext,
): Promise<number> {
  const name = textOf(await first(messages)) || "grpc";
  const say = () => send(healthMessage(context.probes.passes(name) ? SERVING : NOT_SERVING));
  say();
  if (request.url !== `${HEALTH_SERVICE}/Watch`) return GRPC_STATUS.ok;
  const stopWatching = context.probes.watch(say);
  await new Promise((resolve) => response.stream.once("close", resolve));
  stopWatching();
  return GRPC_STATUS.ok;
}

async function first(messages: AsyncGenerator<Buffer>): Promise<Buffer> {
  const { value } = (await messages.next()) as { value: Buffer | undefined };
  return value ?? Buffer.alloc(0);
}

function finish(response: Http2ServerResponse, headers: OutgoingHttpHeaders, status: number, message: string): void {
  if (response.stream.destroyed) return;
  const end = { "grpc-status": String(status), ...(message !== "" && { "grpc-message": message }) };
  // as gRPC's own servers: without a message the status stands in the headers, and proxies may try such a call again
  if (response.headersSent) response.addTrailers(end);
  else response.writeHead(200, { ...headers, ...end });
  response.end();
}
