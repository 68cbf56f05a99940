import { bytesField, fieldsOf, floatField, numberField } from "./protocol-buffers.ts";

/**
 * The messages of `color.ColorService`, the gRPC service of AWS's walkthroughs, on its wire: requests and responses that have a color have it in
 * field 1, as a number; those that have faults have them in field 1, as a message.
 */

export const COLOR_SERVICE = "/color.ColorService";

/** By their numbers on the wire. */
const COLORS = ["no_color", "red", "blue", "green", "yellow", "orange", "purple", "pink", "black", "white"] as const;
export type ColorName = (typeof COLORS)[number];

/** Answers that fail on purpose. */
export interface Flakiness {
  /** The share of answers, from 0 to 1. */
  readonly rate: number;
  /** The status of gRPC that they have. */
  readonly code: number;
}

export function colorMessage(color: ColorName): Buffer {
  return numberField(1, COLORS.indexOf(color));
}

/** A number that nobody has named is no color, and so is an absent one. */
export function colorOf(message: Buffer): ColorName {
  return COLORS[fieldsOf(message).number(1)] ?? "no_color";
}

/** A color by its name, as a person writes it; others are no color. */
export function colorNamed(text: string): ColorName {
  return COLORS.find((color) => color === text.trim().toLowerCase()) ?? "no_color";
}

export function flakinessMessage({ rate, code }: Flakiness): Buffer {
  return bytesField(1, Buffer.concat([floatField(1, rate), numberField(2, code)]));
}

export function flakinessOf(message: Buffer): Flakiness {
  const fields = fieldsOf(fieldsOf(message).bytes(1));
  return { rate: fields.float(1), code: fields.number(2) };
}
