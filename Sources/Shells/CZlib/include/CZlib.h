// zlib for Swift: its set-up functions are macros, which Swift cannot call.
#ifndef CZLIB_H
#define CZLIB_H

#include <stddef.h>
#include <stdint.h>

typedef struct czlib_encoder czlib_encoder;

/// A gzip encoder (RFC 1952) that can be used again and again; null without memory.
/// - Parameter level: 1 (fast) to 9 (small).
czlib_encoder *czlib_encoder_new(int level);
void czlib_encoder_free(czlib_encoder *encoder);
/// The most bytes that `count` bytes can become.
size_t czlib_encoder_bound(czlib_encoder *encoder, size_t count);
/// Encodes all of `input`; 0 when `capacity` is too small.
size_t czlib_encoder_encode(
    czlib_encoder *encoder, const uint8_t *input, size_t count, uint8_t *output, size_t capacity);

/// Compresses with a gzip header.
/// - Returns: the length written, 0 when `capacity` is too small or memory ran out.
size_t czlib_gzip(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity);
/// What `czlib_gzip` needs at most.
size_t czlib_gzip_bound(size_t count);

enum czlib_result { CZLIB_DONE = 0, CZLIB_TRUNCATED, CZLIB_DAMAGED, CZLIB_TOO_LARGE };

/// Expands one gzip stream of at most `limit` bytes into memory that `free` releases.
enum czlib_result czlib_gunzip(const uint8_t *bytes, size_t count, size_t limit, uint8_t **out, size_t *length);

#endif
