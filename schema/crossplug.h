/*
 * crossplug-abi/1: plugins as shared libraries.
 *
 * schema/README.md, section 9, is the law; this file spells its tables for C (C11 or later) and C++. A library exports two
 * functions, `crossplug_plugin` and `crossplug_manifest`, and needs nothing of its host but what `open` gives it.
 *
 * Numbers are of the machine; texts are UTF-8 without a zero at the end; times are microseconds. No exception and no
 * longjmp leaves a function of either side.
 */
#ifndef CROSSPLUG_H
#define CROSSPLUG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What every table begins with. */
#define CROSSPLUG_MAGIC UINT32_C(0x67706c78)
#define CROSSPLUG_VERSION UINT32_C(1)

/* What `call` gives. */
#define CROSSPLUG_DONE 0    /* answered: the buffer is the result */
#define CROSSPLUG_FAILED 1  /* answered: the buffer is the error object */
#define CROSSPLUG_PENDING 2 /* goes on: answered by a message; no buffer */

/* What `push` gives. */
#define CROSSPLUG_TAKEN 0 /* the next may come */
#define CROSSPLUG_ENDED 1 /* there can be no further one; `close` comes */

/* What `close` gives. */
#define CROSSPLUG_GONE 0 /* nothing of the instance is left */
#define CROSSPLUG_LEFT 1 /* something of it runs on: neither it nor its host table is ever freed */

#if defined(_WIN32)
#define CROSSPLUG_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define CROSSPLUG_EXPORT __attribute__((visibility("default")))
#else
#define CROSSPLUG_EXPORT
#endif

/* The beginning of every table. `size` is the size of the whole table as whoever filled it knows it, so that tables may
 * grow at their end: look at it before you use a member that version 1 did not have. */
typedef struct crossplug_head {
    uint32_t magic;
    uint32_t version;
    size_t size;
} crossplug_head;

/* Bytes that stay where they are for as long as is said. */
typedef struct crossplug_bytes {
    const uint8_t *data;
    size_t length;
} crossplug_bytes;

/* Bytes that a library has allocated: its host gives them back to `release` of the same library, once, unless `data` is
 * null. `owner` is for the library. */
typedef struct crossplug_buffer {
    uint8_t *data;
    size_t length;
    void *owner;
} crossplug_buffer;

/* A plugin that was opened. The library says what it is: struct crossplug_instance { ... }. */
typedef struct crossplug_instance crossplug_instance;

/* What a library may call of its host: a table for each instance, valid from the beginning of `open` until `close` has
 * given CROSSPLUG_GONE. */
typedef struct crossplug_host crossplug_host;
struct crossplug_host {
    crossplug_head head;

    /* Takes one message of the plugin in, without frame or line feed, and copies it. From any thread, also from within
     * `open`, `call`, `push` and `close`; never enters the library, and does not wait for anybody who does. The order of
     * messages is the order of the calls: who says things on two threads at once has none. */
    void (*said)(const crossplug_host *host, const uint8_t *message, size_t length);
};

/* What a host may call of a library. */
typedef struct crossplug_library {
    crossplug_head head;

    /* Makes an instance; null where it cannot, and then `error` may be an error object in JSON: {"code":-32603,
     * "message":"...","data":{"code":"internal"}}. A library may be opened many times in one process. */
    crossplug_instance *(*open)(const crossplug_host *host, crossplug_buffer *error);

    /* The names of the plugin's methods: a JSON array of strings; the number of a method is its place in it, from 0. The
     * bytes stay until `close`. */
    crossplug_bytes (*methods)(crossplug_instance *instance);

    /* Calls the method of that number. `params` are JSON, valid until this returns. `timeout` is what the caller still
     * waits, -1: no end. Gives CROSSPLUG_DONE, CROSSPLUG_FAILED or CROSSPLUG_PENDING. Entered from any number of threads at
     * once. */
    int32_t (*call)(crossplug_instance *instance, uint32_t method, const uint8_t *params, size_t length, int64_t id,
                    int64_t timeout, crossplug_buffer *answer);

    /* Takes one message of the host in, without frame or line feed; valid until this returns. Entered from one thread at a
     * time, in the order of the messages, also while `call` runs elsewhere. Gives CROSSPLUG_TAKEN or CROSSPLUG_ENDED. */
    int32_t (*push)(crossplug_instance *instance, const uint8_t *message, size_t length);

    /* The end of the input: finishes what is in flight, stops, and frees the instance. Comes once, when no entry of the
     * instance runs, and none comes after it. Returns after `patience` at the latest: CROSSPLUG_GONE or CROSSPLUG_LEFT. */
    int32_t (*close)(crossplug_instance *instance, int64_t patience);

    /* Frees a buffer that this library gave. From any thread, after `close` too. */
    void (*release)(crossplug_buffer *buffer);
} crossplug_library;

/* The one entry. The table stays for as long as the library is loaded. */
CROSSPLUG_EXPORT const crossplug_library *crossplug_plugin(void);

/* The text of a plugin.json, whose doors mean nothing here. It stays for as long as the library is loaded. */
CROSSPLUG_EXPORT crossplug_bytes crossplug_manifest(void);

#ifdef __cplusplus
}
#endif

#endif
