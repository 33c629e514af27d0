/*
 * The conformance subject in C, as far as one goes without types: what it is told comes back as it came. What carries it is in
 * module.c (WebAssembly) and library.c (a shared library); each says what `put` does.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct text {
    const char *at;
    size_t length;
} text;

/* Says something more. */
static void put(text said);

enum { DONE, FAILED };

static const char METHODS[] = "[\"test.echo\",\"test.nothing\",\"test.fail\"]";
static const char HELLO[] = "{\"protocol\":{\"version\":\"1.0\"},\"manifest\":{\"name\":\"conformance-subject\",\"version\":\"1.0.0\"},"
                            "\"interfaces\":{\"conformance\":{\"version\":\"1.0.0\"}}}";
enum { ECHO, NOTHING, FAIL, NONE };

static text of(const char *literal) {
    size_t length = 0;
    while (literal[length] != 0) length++;
    return (text){literal, length};
}

static bool is(text value, const char *wanted) {
    text other = of(wanted);
    if (value.length != other.length) return false;
    for (size_t i = 0; i < value.length; i++)
        if (value.at[i] != wanted[i]) return false;
    return true;
}

/* Behind the value that begins there. */
static size_t end_of(text json, size_t at) {
    size_t depth = 0;
    bool inside = false;
    for (; at < json.length; at++) {
        char c = json.at[at];
        if (inside) {
            if (c == '\\') at++;
            else if (c == '"') inside = false;
        } else if (c == '"') inside = true;
        else if (c == '{' || c == '[') depth++;
        else if (c == '}' || c == ']') {
            if (depth-- == 0) return at;
        } else if ((c == ',' || c == ':') && depth == 0) return at;
    }
    return at;
}

/* The value of an object's member; of no length where there is none. Hosts write no white space. */
static text member(text json, const char *quoted) {
    size_t at = 1;
    while (at < json.length) {
        size_t colon = end_of(json, at), end = end_of(json, colon + 1);
        if (is((text){json.at + at, colon - at}, quoted)) return (text){json.at + colon + 1, end - colon - 1};
        at = end + 1;
    }
    return (text){0, 0};
}

/* Says the answer of a method: a result, or the object of an error. */
static int answer(unsigned method, text params) {
    text details;
    switch (method) {
    case ECHO:
        put(params);
        return DONE;
    case NOTHING:
        put(of("null"));
        return DONE;
    case FAIL:
        put(of("{\"code\":-32100,\"message\":"));
        put(member(params, "\"message\""));
        put(of(",\"data\":{\"code\":"));
        put(member(params, "\"code\""));
        details = member(params, "\"details\"");
        if (details.length > 0) put(of(",\"details\":"));
        put(details);
        put(of("}}"));
        return FAILED;
    default:
        put(of("{\"code\":-32601,\"message\":\"there is no such method\",\"data\":{\"code\":\"methodNotFound\"}}"));
        return FAILED;
    }
}

/* Says the reply to a message, if it wants one. */
static bool take(text message) {
    text id = member(message, "\"id\""), name = member(message, "\"method\""), params = member(message, "\"params\"");
    if (id.length == 0 || name.length == 0) return false;
    unsigned method = is(name, "\"test.echo\"")      ? ECHO
                      : is(name, "\"test.nothing\"") ? NOTHING
                      : is(name, "\"test.fail\"")    ? FAIL
                                                     : NONE;
    put(of("{\"jsonrpc\":\"2.0\",\"id\":"));
    put(id);
    if (is(name, "\"initialize\"") || is(name, "\"ping\"") || is(name, "\"shutdown\"")) {
        put(of(",\"result\":"));
        put(of(is(name, "\"initialize\"") ? HELLO : "null"));
    } else {
        put(of(method == ECHO || method == NOTHING ? ",\"result\":" : ",\"error\":"));
        answer(method, params.length > 0 ? params : of("{}"));
    }
    put(of("}"));
    return true;
}
