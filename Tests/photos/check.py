#!/usr/bin/env python3
"""`make test-photos`: exiftool, Pillow and ImageMagick read what jobd writes for photo software: the .xmp beside a file, and
the copies of `export --embed` in PNG, JPEG and WebP. The pixels and the originals stay as they were.

usage: check.py DIRECTORY-OF-THE-PROGRAMS"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from PIL import Image, ImageChops

programs = os.path.abspath(sys.argv[1])
SEQUENTIAL = "bytedance/seedream-4-0/sequential"
PROMPT = 'a fox, "quick" & <brown>: naïve\nin two lines 狐'
work = tempfile.mkdtemp(prefix="jobd-photos-")
outputs = work + "/state/outputs/"
environment = dict(os.environ, JOBD_STATE_DIR=work + "/state", RUNCOMFY_TOKEN="none", HOME=work)


def run(*words):
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout


def jobctl(*words):
    return run(programs + "/jobctl", *words)


def exif(path):
    return json.loads(run("exiftool", "-json", "-struct", "-all", path))[0]


def make_jobs():
    """Four pictures of one job; three are turned into other formats, as another model would send them."""
    simulator = subprocess.Popen(
        [programs + "/jobsim", "--port", "0", "--queue", "50ms", "--run", "50ms", "--image-width", "96"],
        stdout=subprocess.PIPE, text=True)
    try:
        address = simulator.stdout.readline().split()[3]
        jobctl("enqueue", SEQUENTIAL, "text=" + PROMPT, "sequential_image_generation_options=4", "--label", "füchse & co",
               "--no-validate", "seed:=18446744073709551615")
        run(programs + "/jobd", "--api-url", address, "--drain", "--set", "xmp=true", "--set", "min_free=0", "--set",
            "poll.min=20ms", "--set", "output_name={id}-{index}.{ext}")
    finally:
        simulator.terminate()
        simulator.wait()
    with sqlite3.connect(work + "/state/jobs.db") as database:
        for position, ending, options in ((2, "jpg", {}), (3, "webp", {}), (4, "webp", {"lossless": True})):
            old, new = f"000001-{position}.png", f"000001-{position}.{ending}"
            Image.open(outputs + old).convert("RGB").save(outputs + new, **options)
            os.rename(outputs + old + ".xmp", outputs + new + ".xmp")
            database.execute("UPDATE outputs SET path = ? WHERE position = ?", (new, position))


def check_sidecar():
    path = outputs + "000001-1.png.xmp"
    tags = exif(path)
    assert tags["Description"] == PROMPT, tags
    assert tags["Subject"] == ["füchse & co"] or tags["Subject"] == "füchse & co", tags
    assert tags["TagsList"] in ("füchse & co", ["füchse & co"]), tags
    assert tags["CreatorTool"] == SEQUENTIAL and "Rating" not in tags, tags
    assert "18446744073709551615" in open(path).read()
    mode = os.stat(path).st_mode
    jobctl("pick", "1", "1", "3")
    assert exif(path)["Rating"] == 5 and os.stat(path).st_mode == mode
    assert "Rating" not in exif(outputs + "000001-2.jpg.xmp")
    # What a person has changed with photo software stays.
    run("exiftool", "-q", "-overwrite_original", "-XMP:Rating=3", outputs + "000001-3.webp.xmp")
    jobctl("pick", "1", "2")
    assert "Rating" not in exif(path) and exif(outputs + "000001-2.jpg.xmp")["Rating"] == 5
    assert exif(outputs + "000001-3.webp.xmp")["Rating"] == 3
    print("the .xmp beside a file: good")


def check_copies():
    before = {name: hashlib.sha256(open(outputs + name, "rb").read()).hexdigest() for name in os.listdir(outputs)}
    paths = jobctl("export", "--embed", work + "/copies").split()
    assert [os.path.basename(path) for path in paths] == ["000001-1.png", "000001-2.jpg", "000001-3.webp", "000001-4.webp"], paths
    for path in paths:
        tags, picture = exif(path), Image.open(path)
        original = Image.open(outputs + os.path.basename(path))
        assert tags["Description"] == PROMPT and "Warning" not in tags, tags
        assert ImageChops.difference(picture.convert("RGB"), original.convert("RGB")).getbbox() is None
        assert picture.size == original.size
        shown = run("identify", "-verbose", path)
        if path.endswith(".png"):
            assert picture.info["parameters"].startswith(PROMPT + "\nSeed: 18446744073709551615, Size: 96x"), picture.info
            graph = json.loads(picture.info["prompt"])
            assert graph["1"]["inputs"]["text"] == PROMPT and graph["1"]["class_type"] == SEQUENTIAL
            assert tags["Parameters"].startswith("a fox") and 'prompt: {"1"' in shown, shown
            assert "na\\u00efve" in shown, shown
        else:
            comment = picture.getexif().get_ifd(0x8769)[0x9286]
            assert comment.startswith(b"UNICODE\0") and comment[8:].decode("utf-16-be").startswith(PROMPT), comment
            assert picture.getexif()[0x010E].startswith("a fox") and tags["UserComment"].startswith("a fox"), tags
            # ImageMagick reads the EXIF of a WebP, but shows only that it is there.
            assert ("a fox" if path.endswith(".jpg") else "Profile-exif") in shown, shown
    assert exif(paths[1])["Rating"] == 5
    assert jobctl("export", "--embed", work + "/copies") == ""
    for name, digest in before.items():
        assert hashlib.sha256(open(outputs + name, "rb").read()).hexdigest() == digest, name
    inside = subprocess.run([programs + "/jobctl", "export", "--embed", outputs + "x"], env=environment, capture_output=True)
    assert inside.returncode == 64, inside
    print("copies with the prompt inside: good")


try:
    make_jobs()
    check_sidecar()
    check_copies()
finally:
    shutil.rmtree(work)
