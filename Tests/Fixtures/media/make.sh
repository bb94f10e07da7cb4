#!/usr/bin/env bash
# Makes the small files of this folder again, as real encoders write them. The tests need none of these programs, since the
# files are kept; MediaCorpusTests says what each must show. Debian's packages: ffmpeg imagemagick libavif-bin libjxl-tools
# libheif-examples opus-tools flac.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet=(-hide_banner -loglevel error -y -fflags +bitexact -flags:v +bitexact -flags:a +bitexact)
film=(-f lavfi -i testsrc=size=48x32:rate=5:duration=1)
sound=(-f lavfi -i sine=frequency=440:sample_rate=8000:duration=0.5)
tone=(-f lavfi -i sine=frequency=440:sample_rate=8000:duration=0.1)
make() { ffmpeg "${quiet[@]}" "$@"; }
magick=(convert-im6.q16 -size 40x24 gradient:red-blue -strip -depth 8)

# Pictures
ffmpeg "${quiet[@]}" -f lavfi -i testsrc=size=40x24:rate=1:duration=1 "$work/in.png"
"${magick[@]}" still.png
"${magick[@]}" -quality 40 still.jpg
"${magick[@]}" -quality 40 -interlace JPEG progressive.jpg
"${magick[@]}" still.gif
"${magick[@]}" -quality 40 still.webp
"${magick[@]}" -define webp:lossless=true lossless.webp
"${magick[@]}" still.bmp
"${magick[@]}" -compress zip deflate.tiff
"${magick[@]}" -compress none -define tiff:endian=msb plain.tiff
"${magick[@]}" -resize 16x8! -compress none still.ppm
"${magick[@]}" -colors 2 -resize 8x8! -compress none plain.pbm
"${magick[@]}" -resize 16x8! still.ico
"${magick[@]}" -resize 16x8! still.dds
"${magick[@]}" -resize 16x8! still.psd
"${magick[@]}" -resize 16x8! still.jp2
make -i "$work/in.png" -frames:v 1 -compression zip16 still.exr
make -f lavfi -i testsrc=size=16x8:rate=2:duration=1 -plays 0 -f apng animated.png
make -i "$work/in.png" -frames:v 1 -c:v jpegls -f image2 still.jls
avifenc -s 10 --min 50 --max 60 "$work/in.png" still.avif >/dev/null
avifenc -s 10 --min 50 --max 60 --irot 1 "$work/in.png" turned.avif >/dev/null
avifenc -s 10 --min 50 --max 60 --clap 20,1,12,1,0,1,0,1 "$work/in.png" cropped.avif >/dev/null
make -f lavfi -i testsrc=size=64x64:rate=1:duration=1 "$work/square.png"
heif-enc -q 20 -o still.heic "$work/square.png" >/dev/null 2>&1
cjxl --quiet -d 8 "$work/in.png" bare.jxl
cjxl --quiet -d 8 --container=1 "$work/in.png" boxed.jxl
cjxl --quiet --lossless_jpeg=1 still.jpg packed.jxl

# Films
x264=(-c:v libx264 -preset ultrafast -crf 45 -pix_fmt yuv420p -x264-params keyint=5:info=0)
make "${film[@]}" "${x264[@]}" film.mp4
make "${film[@]}" "${x264[@]}" -movflags +faststart faststart.mp4
make "${film[@]}" "${x264[@]}" -x264-params keyint=2 -movflags +frag_keyframe+empty_moov fragments.mp4
make "${film[@]}" "${x264[@]}" -movflags +frag_keyframe+empty_moov+default_base_moof+skip_trailer dash.mp4
make "${film[@]}" "${x264[@]}" film.mov
make "${film[@]}" -c:v libvpx-vp9 -crf 60 -b:v 0 film.webm
make "${film[@]}" -c:v libvpx-vp9 -crf 60 -b:v 0 -live 1 live.webm
make "${film[@]}" "${x264[@]}" film.mkv
make "${film[@]}" -c:v mpeg4 -q:v 31 film.avi
make "${film[@]}" -c:v mpeg1video -r 25 -q:v 31 film.mpg
make "${film[@]}" "${x264[@]}" film.ts
make "${film[@]}" -c:v flv1 -q:v 31 film.flv
make "${film[@]}" -c:v wmv1 -q:v 31 film.wmv
make "${film[@]}" -c:v libtheora -q:v 0 film.ogv

# Sound
make "${tone[@]}" sound.wav
make "${tone[@]}" -f wav -rf64 always rf64.wav
make "${tone[@]}" -f wav - >streamed.wav
make "${tone[@]}" sound.aiff
make "${tone[@]}" sound.caf
make "${sound[@]}" -c:a libmp3lame -b:a 8k sound.mp3
make "${sound[@]}" -c:a libmp3lame -b:a 8k -write_xing 0 -id3v2_version 0 bare.mp3
make "${sound[@]}" -ar 16000 -c:a mp2 -b:a 8k sound.mp2
make "${sound[@]}" -c:a aac -b:a 8k -f adts sound.aac
make "${sound[@]}" -c:a aac -b:a 8k -metadata title=x -f adts -write_id3v2 1 tagged.aac
make "${sound[@]}" -c:a aac -b:a 8k sound.m4a
make "${sound[@]}" -ar 8000 -c:a libvorbis -q:a 0 vorbis.ogg
make "${sound[@]}" -c:a flac ffmpeg.flac
make "${sound[@]}" "$work/in.wav"
flac --silent -f --no-padding -b 1152 -o sound.flac "$work/in.wav"
opusenc --quiet --bitrate 6 --discard-comments --padding 0 --serial 7 "$work/in.wav" opus.ogg
{ printf 'ID3\4\0\0\0\0\0\3abc'; cat sound.flac; } >tagged.flac
find . -type f -size +12000c -printf 'larger than it should be: %s %p\n'
