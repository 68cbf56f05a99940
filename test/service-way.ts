import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands for a Service and a node's kube-proxy: leads each new connection to one replica, and leaves those that stand alone. */
export interface ServiceWay {
  readonly port: number;
  /** New connections go to this port of loopback from now on. */
  leadTo(port: number): void;
  close(): Promise<void>;
}

export async function serviceWay(first: number): Promise<ServiceWay> {
  let replica = first;
  const sockets = new Set<Socket>();
  const service = createServer((near) => {
    const far = connect({ port: replica, host: "127.0.0.1" });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await once(service.listen(0, "127.0.0.1"), "listening");
  return {
    port: (service.address() as AddressInfo).port,
    leadTo(port) {
      replica = port;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => service.close(resolve));
    },
  };
}
