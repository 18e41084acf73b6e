// gzip for Swift: zlib's macros cannot be called from it.
#ifndef CZLIB_H
#define CZLIB_H

#include <stddef.h>
#include <stdint.h>

/// Compresses with a gzip header.
/// - Returns: the length written, 0 when `capacity` is too small or memory ran out.
size_t czlib_gzip(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity);
/// What `czlib_gzip` needs at most.
size_t czlib_gzip_bound(size_t count);

enum czlib_result { CZLIB_DONE = 0, CZLIB_TRUNCATED, CZLIB_DAMAGED, CZLIB_TOO_LARGE };

/// Expands one gzip stream of at most `limit` bytes into memory that `free` releases.
enum czlib_result czlib_gunzip(const uint8_t *bytes, size_t count, size_t limit, uint8_t **out, size_t *length);

#endif
