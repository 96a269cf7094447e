// A process that makes the calls of its script, one after the other, and prints what each gave: for the kernel's
// conformance suite, test/conformance/kernel/README.md. Most calls name in their script what they are called in WIT.
#include "heap.h"
#include "json.h"
#include "process.h"

#define REPORT_VERBOSITY 200

// The script of this instance, JSON text that a zero ends, is put here before the component is loaded.
__attribute__((used)) char script[49152] = "puppet script:[]";
#define MARKER_LENGTH 14

static address self;

// Takes what comes before `end` off the beginning.
static bytes split(bytes *rest, char end) {
  bytes part = { rest->at, 0 };
  while (part.length < rest->length && rest->at[part.length] != end) part.length++;
  uint32_t taken = part.length < rest->length ? part.length + 1 : part.length;
  *rest = (bytes){ rest->at + taken, rest->length - taken };
  return part;
}

static process_id process_of(bytes id) {
  bytes process = split(&id, ':'), package = split(&id, ':');
  return (process_id){ process, package, id };
}

static address address_of(bytes whole) {
  bytes node = split(&whole, '@');
  return (address){ node, process_of(whole) };
}

static capability capability_of(json value) {
  if (*value == '{') return (capability){ address_of(read_text(member(value, "issuer"))), read_text(member(value, "params")) };
  int network = is(value, "network");
  process_id issuer = process_of(network ? text("kernel:distro:sys") : read_text(value));
  return (capability){ { self.node, issuer }, text(network ? "\"network\"" : "\"messaging\"") };
}

static capabilities capabilities_of(json array) {
  uint32_t length = count(array);
  capability *start = take(length * sizeof *start, _Alignof(capability)), *to = start;
  if (length) for (json item = first(array); !is_end(item); item = next(item)) *to++ = capability_of(item);
  return (capabilities){ start, length };
}

static option_blob blob_of(json value) {
  if (is_null(value)) return (option_blob){ 0 };
  return (option_blob){ 1, { { 0 }, *value == '{' ? read_hex(member(value, "hex")) : read_text(value) } };
}

static option_u64 seconds_of(json value) {
  if (is_null(value)) return (option_u64){ 0 };
  return (option_u64){ 1, read_number(value) };
}

// The text of the case, or its JSON as it stands.
static bytes body_of(json said) {
  json value = member(said, "json"), plain = member(said, "body");
  if (value) return (bytes){ (const uint8_t *)value, past(value) - value };
  return plain ? read_text(plain) : (bytes){ 0 };
}

static uint8_t is_true(json value) { return value != 0 && *value == 't'; }

static request request_of(json said) {
  return (request){ is_true(member(said, "inherit")), seconds_of(member(said, "expects")), body_of(said),
    read_option(member(said, "metadata")), capabilities_of(member(said, "capabilities")) };
}

static addressed_request addressed_of(json said) {
  return (addressed_request){ address_of(read_text(member(said, "to"))), request_of(said), blob_of(member(said, "blob")) };
}

// In the JSON of manifests: `[address, {inherit, expects_response, body, metadata, capabilities}, null or {mime, bytes}]`.
static addressed_request on_exit_request_of(json item) {
  json target = first(item), parts = next(target), lent = next(parts);
  request sent = { is_true(member(parts, "inherit")), seconds_of(member(parts, "expects_response")),
    read_numbers(member(parts, "body")), read_option(member(parts, "metadata")),
    capabilities_of(member(parts, "capabilities")) };
  option_blob with = { 0 };
  if (!is_null(lent)) with = (option_blob){ 1, { read_option(member(lent, "mime")), read_numbers(member(lent, "bytes")) } };
  return (addressed_request){ address_of(read_text(target)), sent, with };
}

static on_exit on_exit_of(json value) {
  json requests = member(value, "Requests");
  if (requests == 0) return (on_exit){ is(value, "Restart") };
  uint32_t length = count(requests);
  addressed_request *start = take(length * sizeof *start, _Alignof(addressed_request)), *to = start;
  for (json item = first(requests); !is_end(item); item = next(item)) *to++ = on_exit_request_of(item);
  return (on_exit){ 2, start, length };
}

static void put_process(process_id id) {
  for (uint32_t i = 0; i < id.process_name.length; i++) put(id.process_name.at[i]);
  put(':');
  for (uint32_t i = 0; i < id.package_name.length; i++) put(id.package_name.at[i]);
  put(':');
  for (uint32_t i = 0; i < id.publisher_node.length; i++) put(id.publisher_node.at[i]);
}

// Names are put as they are: none has a character that JSON escapes.
static void put_address(address a) {
  put('"');
  for (uint32_t i = 0; i < a.node.length; i++) put(a.node.at[i]);
  put('@');
  put_process(a.process);
  put('"');
}

static void put_option(option_bytes value, void (*put_some)(bytes)) {
  if (value.some) put_some(value.value);
  else put_literal("null");
}

static void put_capabilities(capabilities held) {
  put('[');
  for (uint32_t i = 0; i < held.length; i++) {
    separate();
    put('{');
    name("issuer"), put_address(held.at[i].issuer);
    name("params"), put_text(held.at[i].params);
    put('}');
  }
  put(']');
}

static void put_blob(option_blob value) {
  if (!value.some) return put_literal("null");
  put('{');
  name("mime"), put_option(value.value.mime, put_text);
  name("bytes"), put_hex(value.value.content);
  put('}');
}

static void put_parts(uint8_t inherit, bytes body, option_bytes metadata, capabilities attached) {
  name("inherit"), put_flag(inherit);
  name("body"), put_hex(body);
  name("metadata"), put_option(metadata, put_text);
  name("capabilities"), put_capabilities(attached);
}

static void put_seconds(option_u64 value) {
  if (value.some) put_number(value.value);
  else put_literal("null");
}

static void put_request(const request *r) {
  put_parts(r->inherit, r->body, r->metadata, r->capabilities);
  name("expects"), put_seconds(r->expects_response);
}

static void put_response(const response_with_context *r) {
  put_parts(r->response.inherit, r->response.body, r->response.metadata, r->response.capabilities);
  name("context"), put_option(r->context, put_hex);
}

// The member that tells which of the two a message is, and begins with its source when it has one.
static void put_message(const address *from, const message *m) {
  name(m->is_response ? "response" : "request");
  put('{');
  if (from) name("from"), put_address(*from);
  if (m->is_response) put_response(&m->response);
  else put_request(&m->request);
  put('}');
}

static void put_delivery(const delivery *d) { put_message(&d->source, &d->message); }

static void put_send_error(const send_error *error, option_bytes context) {
  name("error"), put_text(text(error->kind ? "timeout" : "offline"));
  name("target"), put_address(error->target);
  name("context"), put_option(context, put_hex);
  name("returned");
  put('{');
  put_message(0, &error->message);
  name("blob"), put_blob(error->blob);
  put('}');
}

static void put_on_exit_request(const addressed_request *sent) {
  separate();
  put('[');
  put_address(sent->target);
  separate();
  put('{');
  name("inherit"), put_flag(sent->request.inherit);
  name("expects_response"), put_seconds(sent->request.expects_response);
  name("body"), put_numbers(sent->request.body);
  name("metadata"), put_option(sent->request.metadata, put_text);
  name("capabilities"), put_capabilities(sent->request.capabilities);
  put('}');
  separate();
  if (sent->blob.some) {
    put('{');
    name("mime"), put_option(sent->blob.value.mime, put_text);
    name("bytes"), put_numbers(sent->blob.value.content);
    put('}');
  } else put_literal("null");
  put(']');
}

// As `on_exit_of` reads it.
static void put_on_exit(const on_exit *exit) {
  if (exit->kind != 2) return put_text(text(exit->kind ? "Restart" : "None"));
  put('{');
  name("Requests"), put('[');
  for (uint32_t i = 0; i < exit->length; i++) put_on_exit_request(&exit->at[i]);
  put(']');
  put('}');
}

static void begin_report(const char *call) {
  out.length = 0;
  put('{');
  name("call"), put_text(text(call));
}

// Every report tells what the blob functions say after the call.
static void end_report(void) {
  option_blob current, last;
  name("hasBlob"), put_flag(has_blob());
  get_blob(&current);
  name("blob"), put_blob(current);
  last_blob(&last);
  name("lastBlob"), put_blob(last);
  put('}');
  print_to_terminal(REPORT_VERBOSITY, out.at, out.length);
}

static void receive_next(void) {
  static event e;
  receive(&e);
  begin_report("receive");
  if (e.is_error) put_send_error(&e.error, e.context);
  else put_delivery(&e.ok);
}

static sent_request sent_of(json said) {
  addressed_request to = addressed_of(said);
  return (sent_request){ to.target, to.request, read_option(member(said, "context")), to.blob };
}

static void send_one(json said) {
  sent_request sent = sent_of(said);
  send_request(&sent);
  begin_report("send");
}

static void send_all(json list) {
  uint32_t length = count(list);
  sent_request *start = take(length * sizeof *start, _Alignof(sent_request)), *to = start;
  for (json item = first(list); !is_end(item); item = next(item)) *to++ = sent_of(item);
  send_requests(start, length);
  begin_report("sendAll");
}

static void respond(json said) {
  request r = request_of(said);
  option_blob b = blob_of(member(said, "blob"));
  send_response(r.inherit, r.body.at, r.body.length, r.metadata.some, r.metadata.value.at, r.metadata.value.length,
    r.capabilities.at, r.capabilities.length, b.some, b.value.mime.some, b.value.mime.value.at,
    b.value.mime.value.length, b.value.content.at, b.value.content.length);
  begin_report("respond");
}

static void await_response(json said) {
  addressed_request sent = addressed_of(said);
  static awaited answer;
  send_and_await_response(&sent, &answer);
  begin_report("await");
  if (answer.is_error) put_send_error(&answer.error, (option_bytes){ 0 });
  else put_delivery(&answer.ok);
}

static void tell_state(void) {
  option_bytes state;
  get_state(&state);
  begin_report("getState");
  name("state"), put_option(state, put_hex);
}

static void spawn_child(json wanted) {
  option_bytes named = read_option(member(wanted, "name"));
  bytes path = read_text(member(wanted, "path"));
  on_exit exit = on_exit_of(member(wanted, "onExit"));
  capabilities requested = capabilities_of(member(wanted, "request"));
  json granted = member(wanted, "grant");
  uint32_t length = count(granted);
  grant *grants = take(length * sizeof *grants, _Alignof(grant)), *to = grants;
  if (length) for (json item = first(granted); !is_end(item); item = next(item))
    *to++ = (grant){ process_of(read_text(first(item))), read_text(next(first(item))) };
  spawned child;
  spawn(named.some, named.value.at, named.value.length, path.at, path.length, exit.kind, exit.at, exit.length,
    requested.at, requested.length, grants, length, is_true(member(wanted, "public")), &child);
  begin_report("spawn");
  name("spawned");
  if (child.is_error) return put_text(text(child.error ? "no-file-at-path" : "name-taken"));
  put('"');
  put_process(child.ok);
  put('"');
}

static void tell_capabilities(void) {
  capabilities held;
  our_capabilities(&held);
  begin_report("capabilities");
  name("held"), put_capabilities(held);
}

static void keep_state(json value) {
  bytes state = read_text(value);
  set_state(state.at, state.length);
  begin_report("setState");
}

static void change_on_exit(json value) {
  on_exit exit = on_exit_of(value);
  set_on_exit(exit.kind, exit.at, exit.length);
  begin_report("setOnExit");
}

static void tell_on_exit(void) {
  on_exit exit;
  get_on_exit(&exit);
  begin_report("getOnExit");
  name("onExit"), put_on_exit(&exit);
}

static void save_or_drop(json wanted, void (*call)(const capability *, uint32_t), const char *report) {
  capabilities named = capabilities_of(wanted);
  call(named.at, named.length);
  begin_report(report);
}

// The one call of a step of the case.
static void make_call(json step) {
  json said;
  if ((said = member(step, "send"))) return send_one(said);
  if ((said = member(step, "sendAll"))) return send_all(said);
  if ((said = member(step, "respond"))) return respond(said);
  if (member(step, "receive")) return receive_next();
  if ((said = member(step, "await"))) return await_response(said);
  if (member(step, "getState")) return tell_state();
  if ((said = member(step, "setState"))) return keep_state(said);
  if (member(step, "clearState")) return clear_state(), begin_report("clearState");
  if ((said = member(step, "save"))) return save_or_drop(said, save_capabilities, "save");
  if ((said = member(step, "drop"))) return save_or_drop(said, drop_capabilities, "drop");
  if (member(step, "capabilities")) return tell_capabilities();
  if ((said = member(step, "setOnExit"))) return change_on_exit(said);
  if (member(step, "getOnExit")) return tell_on_exit();
  if ((said = member(step, "spawn"))) return spawn_child(said);
  __builtin_trap();
}

__attribute__((export_name("init"))) void init(const uint8_t *at, uint32_t length) {
  our(&self);
  begin_report("init");
  name("argument"), put_text((bytes){ at, length });
  name("our"), put_address(self);
  end_report();
  uintptr_t kept = heap_top;
  for (json step = first(at_value(script + MARKER_LENGTH)); !is_end(step); step = next(step), heap_top = kept) {
    json exit = member(step, "exit");
    if (is(exit, "returned")) return;
    if (exit) __builtin_trap();
    make_call(step);
    end_report();
  }
  for (;; heap_top = kept) {
    receive_next();
    end_report();
  }
}
