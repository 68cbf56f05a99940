// A server that writes the same bytes to everybody and knows nothing, in a process of its own: what the transport itself takes. Orders come
// from the parent.
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { framed } from "../src/xds/serve/grpc-frames.ts";
import { testAuthority } from "../test/envoy/authority.ts";

export type PushOrder =
  /** So many bytes to each of the first proxies. */
  { readonly kind: "constant"; readonly bytes: number; readonly proxies: number } | { readonly kind: "cpu" };

export interface PushTold {
  readonly port: number;
  readonly ca: string;
  /** Milliseconds of CPU since the process began. */
  readonly cpu: number;
  /** When the order was begun: milliseconds since the epoch, with fractions. */
  readonly at: number;
}

async function main(): Promise<void> {
  const authority = await testAuthority();
  const { cert, key } = await authority.issue({ type: "dns", value: "localhost" });
  const server = createSecureServer({ cert, key });
  const streams: ServerHttp2Stream[] = [];
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    stream.on("error", () => undefined);
    stream.resume();
    streams.push(stream);
    // as many answers as a proxy waits for before it counts as served
    stream.write(framed([new Uint8Array(0)]));
    stream.write(framed([new Uint8Array(0)]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const told = (): PushTold => {
    const { user, system } = process.cpuUsage();
    return { port, ca: authority.pem, cpu: (user + system) / 1000, at: performance.timeOrigin + performance.now() };
  };
  process.on("message", (order: PushOrder) => {
    const answer = told();
    if (order.kind === "constant") {
      // one field that nobody reads, so that it is a message
      const writer = new BinaryWriter()
        .tag(1, WireType.LengthDelimited)
        .bytes(new Uint8Array(Math.max(0, order.bytes - 4)));
      const message = framed([writer.finish()]);
      for (const stream of streams.slice(0, order.proxies)) stream.write(message);
    }
    process.send?.(answer);
  });
  process.on("disconnect", () => process.exit());
  process.send?.(told());
}

if (process.send !== undefined) await main();
