// Nothing is called by name: the library is loaded before the C library, by LD_PRELOAD.
