import type { IncomingMessage } from "node:http";
import { ADMISSION_LIMITS, type AdmissionBounds } from "./limits.ts";

export type Body =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  /** Larger than the limit: read to its end and thrown away, but for its beginning. */
  | { readonly kind: "too-large"; readonly beginning: Buffer };

const EMPTY = Buffer.alloc(0);
/** Enough to hold version and UID, which come first. */
const BEGINNING_BYTES = 4096;

/**
 * Reads a request's body and hands it over once. What is above the limit is still read, so that the sender, which writes
 * before it reads, gets the answer and not a reset; above the discard limit the connection is cut. Nothing is handed over
 * for a request that breaks off.
 */
export function readBody(
  request: IncomingMessage,
  { bodyBytes }: Pick<AdmissionBounds, "bodyBytes">,
  done: (body: Body) => void,
): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let beginning: Buffer | undefined;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > ADMISSION_LIMITS.discardBytes) {
      request.destroy();
    } else if (size <= bodyBytes) {
      chunks.push(chunk);
    } else if (beginning === undefined) {
      beginning = Buffer.concat(chunks, BEGINNING_BYTES);
      chunks = [];
    }
  });
  request.on("end", () => {
    if (beginning !== undefined) done({ kind: "too-large", beginning });
    else done({ kind: "whole", bytes: chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks, size) });
  });
  request.on("error", () => {
    chunks = [];
  });
}
