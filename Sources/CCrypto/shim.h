/* Of libcrypto, jobd uses the EVP digest alone. */
#ifndef JOBD_CCRYPTO_SHIM_H
#define JOBD_CCRYPTO_SHIM_H

#include <openssl/evp.h>

#endif
