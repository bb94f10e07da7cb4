/* Of libcrypto, jobd uses the EVP digest, and the HMAC over it. */
#ifndef JOBD_CCRYPTO_SHIM_H
#define JOBD_CCRYPTO_SHIM_H

#include <openssl/evp.h>
#include <openssl/hmac.h>

#endif
