import { firstOf } from "../model/first-of.ts";

/** Characters of a value that a message shows. */
const MOST = 60;
/** Objects that one message names. */
const NAMED = 3;

/** A value of somebody's object in quotes for a message: one line, and cut when it is long. */
export function shown(value: string): string {
  const plain = value.replace(/\p{Cc}+/gu, " ");
  return JSON.stringify(plain.length > MOST ? `${plain.slice(0, MOST).toWellFormed()}…` : plain);
}

/** Names for a message: the first of them, and how many more there are. */
export function listed(names: readonly string[]): string {
  return firstOf(names, NAMED);
}
