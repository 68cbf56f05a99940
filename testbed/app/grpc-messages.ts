import { bytesField, fieldsOf, numberField } from "./protocol-buffers.ts";

/**
 * The little of gRPC that the application speaks, over plain `node:http2`: so it shares its port with
 * HTTP/1.1, needs no package and starts in the time of Node.js alone. Messages are `google.protobuf.StringValue`, and
 * those of `grpc.health.v1`. See PROTOCOL-HTTP2.md of gRPC for the frames.
 */

export const APP_SERVICE = "/outrigger.testbed.App";
export const HEALTH_SERVICE = "/grpc.health.v1.Health";

/** Metadata of an answer: the pod that gives it. */
export const ANSWERED_BY = "app-pod";

/** Codes of gRPC that occur here. */
export const GRPC_STATUS = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
} as const;

/** grpc.health.v1.HealthCheckResponse.ServingStatus */
export const SERVING = 1;
export const NOT_SERVING = 2;

/** The largest message that is taken, gRPC's own default. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;
const FRAME_HEADER_BYTES = 5;

/** One message with the five bytes that go before it. */
export function grpcFrame(message: Buffer): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, FRAME_HEADER_BYTES);
  return frame;
}

/** The messages of a body, however the network cut it. Throws RangeError for a compressed or an oversized one. */
export async function* grpcMessages(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= FRAME_HEADER_BYTES) {
      if (rest[0] !== 0) throw new RangeError("a compressed gRPC message, though nothing was agreed on");
      const length = rest.readUInt32BE(1);
      if (length > LARGEST_MESSAGE) throw new RangeError(`a gRPC message of ${length} bytes`);
      if (rest.length < FRAME_HEADER_BYTES + length) break;
      yield rest.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length);
      rest = rest.subarray(FRAME_HEADER_BYTES + length);
    }
  }
}

/** A message whose field 1 is a string: StringValue, and HealthCheckRequest with its service. */
export function stringMessage(text: string): Buffer {
  return text === "" ? Buffer.alloc(0) : bytesField(1, Buffer.from(text));
}

/** Field 1 of such a message; what is absent is the empty string. @throws RangeError for what is no message. */
export function textOf(message: Buffer): string {
  return fieldsOf(message).bytes(1).toString();
}

/** A HealthCheckResponse. */
export function healthMessage(status: number): Buffer {
  return numberField(1, status);
}
