// As much of JSON as a plugin needs that answers with texts: the members of an object, and strings. The host has checked that it is
// JSON at all.

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;

function isSpace(c: i32): bool {
  return c == 0x20 || c == 0x09 || c == 0x0a || c == 0x0d;
}

function skip(json: string, at: i32): i32 {
  while (at < json.length && isSpace(json.charCodeAt(at))) at++;
  return at;
}

/** Behind the value that begins there. */
function end(json: string, at: i32): i32 {
  let depth = 0;
  let inside = false;
  for (; at < json.length; at++) {
    const c = json.charCodeAt(at);
    if (inside) {
      if (c == BACKSLASH) at++;
      else if (c == QUOTE) inside = false;
    } else if (c == QUOTE) inside = true;
    else if (c == 0x7b || c == 0x5b) depth++;
    else if (c == 0x7d || c == 0x5d) {
      if (depth == 0) return at;
      depth--;
    } else if ((c == 0x2c || c == 0x3a) && depth == 0) return at;
  }
  return at;
}

/** The text of an object's member; empty where there is none. */
export function member(json: string, name: string): string {
  let at = skip(json, 0);
  if (at >= json.length || json.charCodeAt(at) != 0x7b) return "";
  at++;
  while (at < json.length) {
    const from = skip(json, at);
    const colon = end(json, from);
    const value = skip(json, colon + 1);
    const behind = end(json, value);
    if (textOf(json.substring(from, colon).trimEnd()) == name) return json.substring(value, behind).trimEnd();
    at = behind + 1;
  }
  return "";
}

/** What a string says; empty for anything else. */
export function textOf(json: string): string {
  if (json.length < 2 || json.charCodeAt(0) != QUOTE) return "";
  let said = "";
  let from = 1;
  for (let at = 1; at < json.length - 1; at++) {
    if (json.charCodeAt(at) != BACKSLASH) continue;
    said += json.substring(from, at);
    const c = json.charAt(at + 1);
    if (c == "u") {
      said += String.fromCharCode(i32(parseInt(json.substring(at + 2, at + 6), 16)));
      at += 5;
    } else {
      said += c == "n" ? "\n" : c == "t" ? "\t" : c == "r" ? "\r" : c == "b" ? "\b" : c == "f" ? "\f" : c;
      at += 1;
    }
    from = at + 1;
  }
  return said + json.substring(from, json.length - 1);
}

/** A text as JSON. */
export function quoted(text: string): string {
  let json = '"';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c >= 0x20 && c != QUOTE && c != BACKSLASH) continue;
    json += text.substring(from, at);
    json += c < 0x20 ? "\\u" + c.toString(16).padStart(4, "0") : "\\" + text.charAt(at);
    from = at + 1;
  }
  return json + text.substring(from, text.length) + '"';
}
