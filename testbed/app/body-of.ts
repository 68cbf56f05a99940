import { LONGEST_BODY } from "./description.ts";

/** The body of a request as text, cut after {@link LONGEST_BODY} bytes. */
export async function bodyOf(request: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (size < LONGEST_BODY) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, LONGEST_BODY).toString();
}
