import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type { PatchOperation } from "../../src/inject/json-patch.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { createAuthority, issueLeaf } from "../../src/pki/authority.ts";
import { validFor } from "../../src/pki/key-pair.ts";

/** What an API server sends of a pod's creation. */
export interface PodReview {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly object: JsonObject;
}

/** A webhook that is not ours, in this process. */
export interface LoopbackAdmission {
  readonly url: string;
  /** PEM. */
  readonly caBundle: string;
  stop(): Promise<void>;
}

/** Serves admission reviews on loopback; each pod is allowed with the operations that the function gives for it and the whole body. */
export async function serveLoopbackAdmission(
  answer: (review: PodReview, body: string) => readonly PatchOperation[],
): Promise<LoopbackAdmission> {
  const validity = validFor(1, new Date());
  const authority = await createAuthority("webhook of a test", validity);
  const leaf = await issueLeaf(authority, { ipAddresses: ["127.0.0.1"], usage: "server", validity });
  const server = createServer({ cert: leaf.certificate, key: leaf.key }, (incoming, response) => {
    void text(incoming).then((body) => {
      const { apiVersion, request } = JSON.parse(body) as { apiVersion: string; request: PodReview };
      const patch = Buffer.from(JSON.stringify(answer(request, body))).toString("base64");
      const result = { uid: request.uid, allowed: true, patchType: "JSONPatch", patch };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ apiVersion, kind: "AdmissionReview", response: result }));
    });
  });
  // closeAllConnections knows nothing of a connection that is still shaking hands: API servers open more than they use
  const sockets = new Set<Duplex>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    caBundle: authority.certificate,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
