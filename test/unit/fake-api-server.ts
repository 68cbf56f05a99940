import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { KubeEndpoint } from "../../src/kube/endpoint.ts";
import type { JsonObject } from "../../src/model/json.ts";

/** A call that the fake received. */
export interface FakeCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** Reads what was sent. */
  body(): Promise<string>;
  /** Ends the call with a JSON body. */
  answer(status: number, body: unknown): void;
  /** Begins a watch, or goes on with it. */
  send(...events: JsonObject[]): void;
  /** Ends the watch as a server does. */
  end(): void;
  /** Breaks the connection. */
  cut(): void;
}

/**
 * Speaks HTTP like an API server and does what the test says, call by call: for what a real one cannot be brought to do at will,
 * such as forgetting a version between two pages.
 */
export interface FakeApiServer {
  readonly endpoint: KubeEndpoint;
  /** The next call, in the order of arrival. */
  next(): Promise<FakeCall>;
  close(): Promise<void>;
}

export async function fakeApiServer(): Promise<FakeApiServer> {
  const arrived: FakeCall[] = [];
  const waiting: ((call: FakeCall) => void)[] = [];
  const server = createServer((request, response) => {
    const call = fakeCall(request, response);
    const waiter = waiting.shift();
    if (waiter) waiter(call);
    else arrived.push(call);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { server: new URL(`http://127.0.0.1:${port}`), options: () => Promise.resolve({}) },
    next() {
      const call = arrived.shift();
      return call ? Promise.resolve(call) : new Promise((resolve) => waiting.push(resolve));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function fakeCall(request: IncomingMessage, response: ServerResponse): FakeCall {
  const url = new URL(request.url ?? "", "http://fake");
  return {
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: () => text(request),
    answer(status, body) {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    },
    send(...events) {
      if (!response.headersSent) response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    },
    end: () => void response.end(),
    cut: () => void request.socket.destroy(),
  };
}

/** A list as an API server sends it. */
export function list(version: string, items: readonly JsonObject[], next = ""): JsonObject {
  return { kind: "List", apiVersion: "v1", metadata: { resourceVersion: version, continue: next }, items };
}

/** An object with a name, a namespace and a version. */
export function named(name: string, version: string, more: JsonObject = {}): JsonObject {
  return { metadata: { name, namespace: "shop", resourceVersion: version, uid: `uid-of-${name}` }, ...more };
}

export function event(type: string, object: JsonObject): JsonObject {
  return { type, object };
}

export function failure(code: number, message: string): JsonObject {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, message };
}
