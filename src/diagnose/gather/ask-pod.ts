import type { X509Certificate } from "node:crypto";
import { request } from "node:http";
import { connect as connectTls } from "node:tls";
import { quoted } from "../facts/quoted.ts";
import type { Reading } from "../facts/reading.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";
import type { PodDoor } from "./pod-door.ts";

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** The answer to a GET of plain HTTP inside a pod. Bounded in time and size; nothing is thrown. */
export function askPod(door: PodDoor, { namespace, pod, port }: PodPort, path: string): Promise<Reading<string>> {
  return settled(async () => {
    const connection = await door.connect(namespace, pod, port);
    try {
      return await new Promise<string>((resolve, reject) => {
        connection.on("error", reject);
        // a timer of our own, because what the door gives need not be a socket
        setTimeout(() => reject(late()), DIAGNOSE_LIMITS.forward).unref();
        const headers = { host: "localhost", connection: "close" };
        const call = request({ createConnection: () => connection, path, headers }, (response) => {
          const chunks: Buffer[] = [];
          let length = 0;
          response.on("error", reject);
          response.on("data", (chunk: Buffer) => {
            length += chunk.length;
            if (length > DIAGNOSE_LIMITS.answer)
              reject(new Error(`the answer is longer than ${DIAGNOSE_LIMITS.answer} bytes`));
            else chunks.push(chunk);
          });
          response.on("end", () => {
            if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
            else reject(new Error(`GET ${path} was answered with status ${response.statusCode}`));
          });
        });
        call.on("error", reject);
        call.end();
      });
    } finally {
      connection.destroy();
    }
  });
}

/** The certificate that a TLS server inside a pod shows, verified by nobody yet. Bounded in time; nothing is thrown. */
export function certificateOf(
  door: PodDoor,
  { namespace, pod, port }: PodPort,
  servername: string,
): Promise<Reading<X509Certificate>> {
  return settled(async () => {
    const connection = await door.connect(namespace, pod, port);
    try {
      return await new Promise<X509Certificate>((resolve, reject) => {
        connection.on("error", reject);
        setTimeout(() => reject(late()), DIAGNOSE_LIMITS.forward).unref();
        // whether it is to be trusted is the very question
        const tls = connectTls({ socket: connection, servername, rejectUnauthorized: false }, () => {
          const certificate = tls.getPeerX509Certificate();
          if (certificate === undefined) reject(new Error("the server showed no certificate"));
          else resolve(certificate);
          tls.destroy();
        });
        tls.on("error", reject);
      });
    } finally {
      connection.destroy();
    }
  });
}

function late(): Error {
  return new Error(`no answer within ${DIAGNOSE_LIMITS.forward} ms`);
}

async function settled<T>(work: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { kind: "read", value: await work() };
  } catch (error) {
    return { kind: "failed", why: quoted((error as Error).message) };
  }
}
