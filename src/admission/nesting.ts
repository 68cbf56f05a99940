const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/**
 * Whether JSON text (UTF-8) opens more objects and lists within each other than the limit. It reads bytes only, so that
 * it can stand before `JSON.parse`, which would build every level first. Text that is not JSON gives some answer and no error.
 */
export function nestsDeeperThan(text: Uint8Array, limit: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text[index]) {
      case QUOTE:
        index = endOfString(text, index + 1);
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        if (++depth > limit) return true;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        depth--;
        break;
    }
  }
  return false;
}

/** Index of the quote that ends the string beginning at `start`, or of the end of the text. */
function endOfString(text: Uint8Array, start: number): number {
  let index = start;
  while (index < text.length && text[index] !== QUOTE) index += text[index] === BACKSLASH ? 2 : 1;
  return index;
}
