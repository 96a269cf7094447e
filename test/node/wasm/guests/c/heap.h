// Memory that is taken piece by piece and given back all at once, by setting `heap_top` back.
#pragma once
#include <stddef.h>
#include <stdint.h>

extern uint8_t __heap_base;
static uintptr_t heap_top = (uintptr_t)&__heap_base;

static void *take(size_t size, size_t align) {
  uintptr_t start = (heap_top + align - 1) & -align, end = start + size, have = __builtin_wasm_memory_size(0) * 65536;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) / 65536) == (size_t)-1) __builtin_trap();
  heap_top = end;
  return (void *)start;
}

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  void *at = take(size, align);
  if (old_size) __builtin_memcpy(at, old, old_size);
  return at;
}
