/* What Swift cannot import from zlib: a macro. */
#ifndef JOBD_CZLIB_SHIM_H
#define JOBD_CZLIB_SHIM_H

#include <zlib.h>

static inline int czlib_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

#endif
