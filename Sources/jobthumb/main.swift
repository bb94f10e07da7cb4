internal import Thumbnails

ThumbnailProgram.main()
