#include "CZlib.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// 15 bits of window, 16 for a gzip header.
static const int windowBits = 15 + 16;

struct czlib_encoder {
    z_stream stream;
};

czlib_encoder *czlib_encoder_new(int level) {
    czlib_encoder *encoder = calloc(1, sizeof(czlib_encoder));
    if (!encoder) return NULL;
    // 8 is zlib's standard of memory.
    if (deflateInit2(&encoder->stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(encoder);
        return NULL;
    }
    return encoder;
}

void czlib_encoder_free(czlib_encoder *encoder) {
    deflateEnd(&encoder->stream);
    free(encoder);
}

size_t czlib_encoder_bound(czlib_encoder *encoder, size_t count) {
    // A finished stream forgets that it has gzip's wrapping, and the bound comes out too small.
    deflateReset(&encoder->stream);
    return deflateBound(&encoder->stream, count);
}

size_t czlib_encoder_encode(
    czlib_encoder *encoder, const uint8_t *input, size_t count, uint8_t *output, size_t capacity) {
    if (deflateReset(&encoder->stream) != Z_OK) return 0;
    encoder->stream.next_in = (Bytef *)input;
    encoder->stream.avail_in = (uInt)count;
    encoder->stream.next_out = output;
    encoder->stream.avail_out = (uInt)capacity;
    if (deflate(&encoder->stream, Z_FINISH) != Z_STREAM_END) return 0;
    return capacity - encoder->stream.avail_out;
}

size_t czlib_gzip_bound(size_t count) { return compressBound(count) + 32; }

size_t czlib_gzip(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity) {
    czlib_encoder *encoder = czlib_encoder_new(Z_DEFAULT_COMPRESSION);
    if (!encoder) return 0;
    const size_t length = czlib_encoder_encode(encoder, bytes, count, out, capacity);
    czlib_encoder_free(encoder);
    return length;
}

enum czlib_result czlib_gunzip(const uint8_t *bytes, size_t count, size_t limit, uint8_t **out, size_t *length) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (inflateInit2(&stream, windowBits) != Z_OK) return CZLIB_DAMAGED;
    stream.next_in = (Bytef *)bytes;
    stream.avail_in = (uInt)count;
    size_t capacity = 1 << 16;
    uint8_t *buffer = malloc(capacity);
    enum czlib_result outcome = CZLIB_DAMAGED;
    while (buffer != NULL) {
        stream.next_out = buffer + stream.total_out;
        stream.avail_out = (uInt)(capacity - stream.total_out);
        const int result = inflate(&stream, Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            outcome = CZLIB_DONE;
            break;
        }
        if (result != Z_OK && result != Z_BUF_ERROR) break;
        if (stream.avail_out > 0) {
            outcome = CZLIB_TRUNCATED;
            break;
        }
        if (capacity >= limit) {
            outcome = CZLIB_TOO_LARGE;
            break;
        }
        capacity = capacity > limit / 2 ? limit : capacity * 2;
        uint8_t *grown = realloc(buffer, capacity);
        if (grown == NULL) break;
        buffer = grown;
    }
    *length = stream.total_out;
    inflateEnd(&stream);
    if (outcome != CZLIB_DONE) {
        free(buffer);
        return outcome;
    }
    *out = buffer;
    return CZLIB_DONE;
}
