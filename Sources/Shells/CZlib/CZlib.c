#include "CZlib.h"

#include <stdlib.h>
#include <zlib.h>

struct czlib_encoder {
    z_stream stream;
};

czlib_encoder *czlib_encoder_new(int level) {
    czlib_encoder *encoder = calloc(1, sizeof(czlib_encoder));
    if (!encoder) return NULL;
    // 15 bits of window and 16 for gzip's header; 8 is zlib's standard of memory.
    if (deflateInit2(&encoder->stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
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
