/** The bytes of a text, a character for each (Latin-1). */
export function bytesOfText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The inverse, for people; what is no UTF-8 gets replacement characters. */
export function textOfBytes(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
