// Reads JSON text in place and writes it to a buffer. What is read was made by JSON.stringify or alike: beyond that,
// nothing is checked, and text with \u escapes traps.
#pragma once
#include "heap.h"
#include "process.h"

// Where a value begins in text that ends in a zero; 0 for none.
typedef const char *json;

static json at_value(json at) {
  while (*at == ' ' || *at == '\n' || *at == ',' || *at == ':') at++;
  return at;
}

// What comes after the value at `at`.
static json past(json at) {
  json start = at;
  if (*at == '"') {
    for (at++; *at != '"'; at++) if (*at == 0 || (*at == '\\' && *++at == 0)) __builtin_trap();
    return at + 1;
  }
  if (*at == '{' || *at == '[') {
    for (at = at_value(at + 1); *at != '}' && *at != ']';) at = at_value(past(at));
    return at + 1;
  }
  while ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-' || *at == '+' || *at == '.') at++;
  if (at == start) __builtin_trap();
  return at;
}

static json first(json array) { return at_value(array + 1); }
static json next(json value) { return at_value(past(value)); }
static int is_end(json item) { return *item == ']' || *item == '}'; }
static int is_null(json value) { return value == 0 || *value == 'n'; }

// Whether the value is this very text, without escapes.
static int is(json value, const char *what) {
  if (value == 0 || *value++ != '"') return 0;
  while (*what && *value == *what) value++, what++;
  return *what == 0 && *value == '"';
}

static json member(json object, const char *name) {
  if (object == 0 || *object != '{') return 0;
  for (json key = first(object); !is_end(key); key = next(next(key))) if (is(key, name)) return next(key);
  return 0;
}

static uint32_t count(json array) {
  uint32_t items = 0;
  if (!is_null(array)) for (json item = first(array); !is_end(item); item = next(item)) items++;
  return items;
}

static bytes read_text(json value) {
  if (value == 0 || *value != '"') __builtin_trap();
  uint8_t *start = take(past(value) - value, 1), *to = start;
  for (value++; *value != '"'; value++) {
    char c = *value == '\\' ? *++value : 0;
    if (c == 'u') __builtin_trap();
    *to++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : *value;
  }
  return (bytes){ start, to - start };
}

static option_bytes read_option(json value) {
  if (is_null(value)) return (option_bytes){ 0 };
  return (option_bytes){ 1, read_text(value) };
}

static uint64_t read_number(json value) {
  uint64_t number = 0;
  for (; *value >= '0' && *value <= '9'; value++) number = number * 10 + (*value - '0');
  return number;
}

static uint8_t hex_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

static bytes read_hex(json value) {
  bytes digits = read_text(value);
  uint8_t *start = take(digits.length / 2, 1);
  for (uint32_t i = 0; i < digits.length / 2; i++)
    start[i] = hex_digit(digits.at[2 * i]) << 4 | hex_digit(digits.at[2 * i + 1]);
  return (bytes){ start, digits.length / 2 };
}

// Bytes as an array of numbers.
static bytes read_numbers(json array) {
  uint32_t length = count(array);
  uint8_t *start = take(length, 1), *to = start;
  if (length) for (json item = first(array); !is_end(item); item = next(item)) *to++ = read_number(item);
  return (bytes){ start, length };
}

static struct { uint8_t at[60000]; uint32_t length; } out;

static void put(uint8_t c) {
  if (out.length == sizeof out.at) __builtin_trap();
  out.at[out.length++] = c;
}

static void put_digits(uint8_t byte) {
  put("0123456789abcdef"[byte >> 4]);
  put("0123456789abcdef"[byte & 15]);
}

static void put_literal(const char *what) { while (*what) put(*what++); }

static void put_text(bytes value) {
  put('"');
  for (uint32_t i = 0; i < value.length; i++) {
    uint8_t c = value.at[i];
    if (c < ' ') {
      put_literal("\\u00");
      put_digits(c);
      continue;
    }
    if (c == '"' || c == '\\') put('\\');
    put(c);
  }
  put('"');
}

static void put_hex(bytes value) {
  put('"');
  for (uint32_t i = 0; i < value.length; i++) put_digits(value.at[i]);
  put('"');
}

static void put_number(uint64_t number) {
  if (number > 9) put_number(number / 10);
  put('0' + number % 10);
}

static void put_flag(int flag) { put_literal(flag ? "true" : "false"); }

static void put_numbers(bytes value) {
  put('[');
  for (uint32_t i = 0; i < value.length; i++) {
    if (i) put(',');
    put_number(value.at[i]);
  }
  put(']');
}

// Begins an item of an array, or the value after a name.
static void separate(void) {
  uint8_t last = out.length ? out.at[out.length - 1] : '[';
  if (last != '[' && last != '{' && last != ':') put(',');
}

static void name(const char *member) {
  separate();
  put_text(text(member));
  put(':');
}
