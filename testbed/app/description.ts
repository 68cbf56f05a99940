import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";

/** Who answers; the same in every answer. */
export interface Identity {
  readonly name: string;
  readonly version: string;
  readonly pod: string;
}

/** What the application says about a request or connection: who it is and how it saw the other side. */
export interface Description extends Identity {
  /** As the wire had it: `HTTP/1.1`, `HTTP/2.0`, `gRPC`, `TCP`. */
  readonly protocol: string;
  readonly tls: boolean;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: IncomingHttpHeaders;
  /** The body of the request as text, cut after {@link LONGEST_BODY} bytes. */
  readonly body?: string;
}

/** What is kept of a request's body. */
export const LONGEST_BODY = 65_536;

export function describeConnection(identity: Identity, protocol: string, socket: Socket): Description {
  return {
    name: identity.name,
    version: identity.version,
    pod: identity.pod,
    protocol,
    tls: "encrypted" in socket,
    localAddress: plain(socket.localAddress),
    localPort: socket.localPort ?? 0,
    remoteAddress: plain(socket.remoteAddress),
    remotePort: socket.remotePort ?? 0,
  };
}

/** Listening on both families, Node.js says an IPv4 address as an IPv6 one. */
function plain(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");
}
