// @ts-check
// How long a text is, as the rules count: characters are code points, bytes are UTF-8's.

const encoder = new TextEncoder();

/** @param {string} text */
export function bytesOf(text) {
  return encoder.encode(text).length;
}

/** @param {string} text */
export function charactersOf(text) {
  return [...text].length;
}

/**
 * What a counter says of a text, and whether it is too long.
 * @param {string} text @param {{max_chars: number | null, max_bytes: number | null}} limits
 * @returns {{says: string, over: boolean}}
 */
export function counted(text, limits) {
  const parts = [];
  let over = false;
  if (limits.max_chars !== null) {
    const count = charactersOf(text);
    parts.push(`${count} / ${limits.max_chars}`);
    over ||= count > limits.max_chars;
  }
  if (limits.max_bytes !== null) {
    const count = bytesOf(text);
    parts.push(`${count} / ${limits.max_bytes} bytes`);
    over ||= count > limits.max_bytes;
  }
  return { says: parts.join(" · ") || (text ? String(charactersOf(text)) : ""), over };
}

/** The words of a list as typed or pasted. @param {string} text */
export function splitList(text) {
  return text.split(/[,;\n\t]+/).map((word) => word.trim()).filter(Boolean);
}
