// The host functions of a process, and their values as the canonical ABI lays those of hyperware.wit out in memory;
// nothing is generated.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct { const uint8_t *at; uint32_t length; } bytes;
typedef struct { uint8_t some; bytes value; } option_bytes;
typedef struct { bytes process_name, package_name, publisher_node; } process_id;
typedef struct { bytes node; process_id process; } address;
typedef struct { address issuer; bytes params; } capability;
typedef struct { const capability *at; uint32_t length; } capabilities;
typedef struct { option_bytes mime; bytes content; } blob;
typedef struct { uint8_t some; blob value; } option_blob;
typedef struct { uint8_t some; uint64_t value; } option_u64;

typedef struct {
  uint8_t inherit;
  option_u64 expects_response;
  bytes body;
  option_bytes metadata;
  capabilities capabilities;
} request;

typedef struct {
  uint8_t inherit;
  bytes body;
  option_bytes metadata;
  capabilities capabilities;
} response;

typedef struct { response response; option_bytes context; } response_with_context;
typedef struct { uint8_t is_response; union { request request; response_with_context response; }; } message;
typedef struct { uint8_t kind; address target; message message; option_blob blob; } send_error;
typedef struct { address source; message message; } delivery;
typedef struct { uint8_t is_error; union { delivery ok; struct { send_error error; option_bytes context; }; }; } event;
typedef struct { uint8_t is_error; union { delivery ok; send_error error; }; } awaited;

typedef struct { address target; request request; option_blob blob; } addressed_request;
typedef struct { address target; request request; option_bytes context; option_blob blob; } sent_request;
typedef struct { uint8_t kind; const addressed_request *at; uint32_t length; } on_exit;
typedef struct { process_id to; bytes params; } grant;
typedef struct { uint8_t is_error; union { process_id ok; uint8_t error; }; } spawned;

#define HOST(name) __attribute__((import_module("hyperware:process/standard@1.0.0"), import_name(name)))
#define LIST(type) const type *at, uint32_t length
HOST("print-to-terminal") void print_to_terminal(uint32_t verbosity, LIST(uint8_t));
HOST("our") void our(address *result);
HOST("get-on-exit") void get_on_exit(on_exit *result);
HOST("set-on-exit") void set_on_exit(uint32_t kind, LIST(addressed_request));
HOST("get-state") void get_state(option_bytes *result);
HOST("set-state") void set_state(LIST(uint8_t));
HOST("clear-state") void clear_state(void);
HOST("spawn") void spawn(uint32_t named, const uint8_t *name, uint32_t name_length, const uint8_t *path,
  uint32_t path_length, uint32_t exit_kind, const addressed_request *exit_at, uint32_t exit_length,
  const capability *capabilities_at, uint32_t capabilities_length, const grant *grants, uint32_t grants_length,
  uint32_t public, spawned *result);
HOST("save-capabilities") void save_capabilities(LIST(capability));
HOST("drop-capabilities") void drop_capabilities(LIST(capability));
HOST("our-capabilities") void our_capabilities(capabilities *result);
HOST("receive") void receive(event *result);
HOST("has-blob") uint32_t has_blob(void);
HOST("get-blob") void get_blob(option_blob *result);
HOST("last-blob") void last_blob(option_blob *result);
HOST("send-request") void send_request(const sent_request *params);
HOST("send-requests") void send_requests(LIST(sent_request));
HOST("send-response") void send_response(uint32_t inherit, const uint8_t *body, uint32_t body_length, uint32_t has_metadata,
  const uint8_t *metadata, uint32_t metadata_length, const capability *capabilities, uint32_t capabilities_length,
  uint32_t has_blob, uint32_t has_mime, const uint8_t *mime, uint32_t mime_length, const uint8_t *content,
  uint32_t content_length);
HOST("send-and-await-response") void send_and_await_response(const addressed_request *params, awaited *result);

static inline bytes text(const char *at) {
  uint32_t length = 0;
  while (at[length]) length++;
  return (bytes){ (const uint8_t *)at, length };
}
