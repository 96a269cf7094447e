// A process in C that calls all 19 functions, each when a message tells it to, and misbehaves on request.
#include "process.h"

// Room for what the host hands over: taken in order, given back all at once before the next message.
extern uint8_t __heap_base;
static uintptr_t heap_top;
// How `cabi_realloc` misbehaves: 0 not at all, 1 out of the memory, 2 not aligned, 3 calls the host, 4 traps.
static uint8_t realloc_fault;

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  if (realloc_fault == 1) return (void *)0xfffffff0;
  if (realloc_fault == 2) return (void *)(uintptr_t)(align > 1 ? 1 : 0xffffffff);
  if (realloc_fault == 3) clear_state();
  if (realloc_fault == 4) __builtin_trap();
  uintptr_t start = (heap_top + align - 1) & -align;
  uintptr_t missing = start + size > __builtin_wasm_memory_size(0) * 65536
    ? start + size - __builtin_wasm_memory_size(0) * 65536 : 0;
  if (missing && __builtin_wasm_memory_grow(0, (missing + 65535) / 65536) == (size_t)-1) __builtin_trap();
  heap_top = start + size;
  return (void *)start;
}

static void respond_with(const response *r, const option_blob *b) {
  send_response(r->inherit, r->body.at, r->body.length, r->metadata.some, r->metadata.value.at, r->metadata.value.length,
    r->capabilities.at, r->capabilities.length, b->some, b->value.mime.some, b->value.mime.value.at,
    b->value.mime.value.length, b->value.content.at, b->value.content.length);
}

static void respond(bytes body, option_bytes metadata, option_blob b) {
  response r = { .body = body, .metadata = metadata };
  respond_with(&r, &b);
}

static void say(const char *what) { respond(text(what), (option_bytes){ 0 }, (option_blob){ 0 }); }

static void on_send_error(const send_error *error, const option_bytes *context) {
  bytes kind = error->kind ? text("timeout") : text("offline");
  print_to_terminal(0, kind.at, kind.length);
  if (error->message.is_response) respond_with(&error->message.response.response, &error->blob);
  else respond(error->message.request.body, error->message.request.metadata, error->blob);
  if (context->some) respond(context->value, (option_bytes){ 1, error->target.node }, (option_blob){ 0 });
}

static void on_response(const response_with_context *r) {
  option_blob b;
  get_blob(&b);
  respond_with(&r->response, &b);
  if (r->context.some) respond(r->context.value, (option_bytes){ 0 }, (option_blob){ 0 });
}

static void misbehave(uint8_t how) {
  uint32_t size = __builtin_wasm_memory_size(0) * 65536;
  const uint8_t *end = (const uint8_t *)(uintptr_t)size;
  switch (how) {
    case 'a': print_to_terminal(0, end - 1, 2); break;               // text beyond the memory
    case 'b': print_to_terminal(0, (const uint8_t *)0, 0xffffffff); break;
    case 'c': print_to_terminal(0, (const uint8_t *)"\xff\xfe", 2); break; // not UTF-8
    case 'd': save_capabilities((const capability *)4, 0x7fffffff); break;  // more than the memory
    case 'e': save_capabilities((const capability *)2, 1); break;           // not aligned
    case 'f': receive((event *)(end - 8)); break;                    // a result beyond the memory
    case 'g': receive((event *)4); break;                            // a result that is not aligned
    case 'h': send_request((const sent_request *)end); break;        // parameters beyond the memory
    case 'i': set_on_exit(3, 0, 0); break;                           // a case that is not there
    case 'j': {                                                      // 200 capabilities, all made of one large text
      static capability many[200];
      static uint8_t zeroes[20000];
      bytes z = { zeroes, sizeof zeroes };
      for (int i = 0; i < 200; i++) many[i] = (capability){ { z, { z, z, z } }, z };
      save_capabilities(many, 200);
      break;
    }
    case 'k': {                                                      // takes memory until there is no more
      while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1) {}
      say("no more memory");
      break;
    }
    case 'l': for (;;) {}
    case 'm': __builtin_trap();
    default: realloc_fault = how - '0'; break;
  }
}

static void on_request(const delivery *from) {
  const request *r = &from->message.request;
  static option_blob b;
  get_blob(&b);
  switch (r->body.length ? r->body.at[0] : 0) {
    case 'p': print_to_terminal(7, r->metadata.value.at, r->metadata.value.length); break;
    case 'o': {
      address self;
      our(&self);
      respond(self.node, (option_bytes){ 1, self.process.process_name }, (option_blob){ 0 });
      break;
    }
    case 'e': {
      addressed_request requests[] = { { from->source, *r, b } };
      set_on_exit(2, requests, 1);
      on_exit now;
      get_on_exit(&now);
      set_on_exit(now.kind, now.at, now.length);
      break;
    }
    case 's': set_state(r->body.at, r->body.length); break;
    case 'g': {
      option_bytes state;
      get_state(&state);
      respond(state.some ? state.value : text("none"), (option_bytes){ 0 }, (option_blob){ 0 });
      break;
    }
    case 'c': clear_state(); break;
    case 'w': {
      spawned child;
      grant grants[] = { { from->source.process, text("\"messaging\"") } };
      bytes path = text("/package/child.wasm");
      spawn(r->metadata.some, r->metadata.value.at, r->metadata.value.length, path.at, path.length, 1, 0, 0,
        r->capabilities.at, r->capabilities.length, grants, 1, r->inherit, &child);
      if (child.is_error) say(child.error ? "no-file-at-path" : "name-taken");
      else respond(child.ok.process_name, (option_bytes){ 1, child.ok.publisher_node }, (option_blob){ 0 });
      break;
    }
    case '+': save_capabilities(r->capabilities.at, r->capabilities.length); break;
    case '-': drop_capabilities(r->capabilities.at, r->capabilities.length); break;
    case 'h': {
      response held = { .inherit = has_blob() };
      our_capabilities(&held.capabilities);
      respond_with(&held, &b);
      break;
    }
    case 'l': {
      last_blob(&b);
      respond((bytes){ 0 }, (option_bytes){ 0 }, b);
      break;
    }
    case 'r': {
      static sent_request one;
      one = (sent_request){ from->source, *r, { 1, r->body }, b };
      send_request(&one);
      break;
    }
    case 'R': {
      static sent_request both[2];
      both[0] = (sent_request){ from->source, *r, { 1, r->body }, b };
      both[1] = (sent_request){ from->source, *r, { 0 }, { 0 } };
      send_requests(both, 2);
      break;
    }
    case 'a': {
      static addressed_request ask;
      static awaited answer;
      ask = (addressed_request){ from->source, *r, b };
      send_and_await_response(&ask, &answer);
      option_bytes none = { 0 };
      if (answer.is_error) on_send_error(&answer.error, &none);
      else on_response(&answer.ok.message.response);
      break;
    }
    case '!': misbehave(r->body.at[1]); break;
    default: {
      response echo = { r->inherit, r->body, r->metadata, r->capabilities };
      respond_with(&echo, &b);
    }
  }
}

__attribute__((export_name("init"))) void init(const uint8_t *at, uint32_t length) {
  print_to_terminal(1, at, length);
  for (;;) {
    static event e;
    heap_top = (uintptr_t)&__heap_base;
    receive(&e);
    if (e.is_error) on_send_error(&e.error, &e.context);
    else if (e.ok.message.is_response) on_response(&e.ok.message.response);
    else if (e.ok.message.request.body.length && e.ok.message.request.body.at[0] == 'q') return;
    else on_request(&e.ok);
  }
}
