/** Characters of a value that a message shows. */
const MOST = 60;

/** A value of somebody's object in quotes for a message: one line, and cut when it is long. */
export function shown(value: string): string {
  const plain = value.replace(/\p{Cc}+/gu, " ");
  return JSON.stringify(plain.length > MOST ? `${plain.slice(0, MOST).toWellFormed()}…` : plain);
}
