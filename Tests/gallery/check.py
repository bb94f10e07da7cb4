#!/usr/bin/env python3
"""`make test-gallery`: makes galleries of jobs of jobsim and looks at them in Chromium: what is shown, the keys, the filters,
the table, the copied command; that nothing leaves the page and nothing breaks its policy. Pictures of it go to a folder.

usage: check.py DIRECTORY-OF-THE-PROGRAMS DIRECTORY-FOR-THE-PICTURES"""

import functools
import http.server
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
from browser import Browser  # noqa: E402

programs, pictures = (os.path.abspath(path) for path in sys.argv[1:3])
work = tempfile.mkdtemp(prefix="jobd-gallery-")
environment = dict(os.environ, JOBD_STATE_DIR=work + "/state", RUNCOMFY_TOKEN="none")
SEQUENTIAL, EDIT = "bytedance/seedream-4-0/sequential", "bytedance/seedream-4-0/edit"
VIDEO = "bytedance/seedance-v1.5-pro/image-to-video"
HOSTILE = "it's </script><script>document.title='pwned'</script> <img src=x onerror=\"document.title='pwned'\"> \u202e $(id)"


def jobctl(*words):
    answer = subprocess.run([programs + "/jobctl", *words], env=environment, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer
    return answer.stdout


def make_jobs():
    sim = subprocess.Popen([programs + "/jobsim", "--port", "0", "--queue", "0s", "--run", "0s"], stdout=subprocess.PIPE, text=True)
    try:
        line = sim.stdout.readline()
        while "listening on" not in line:
            assert line, "jobsim did not start"
            line = sim.stdout.readline()
        for words in ("snow", "rain"):
            for size in ("1K", "2K", "4K"):
                jobctl("enqueue", EDIT, f"prompt=The park in {words}", "images=https://example.com/park.png", f"resolution={size}", "--label", "weather")
        jobctl("enqueue", SEQUENTIAL, "text=Generate 2 images of a fox", "sequential_image_generation_options=2", "seed=12345678901234567", "--label", "foxes")
        jobctl("enqueue", VIDEO, "prompt=Leaves in the wind", "first_frame_image_url=https://example.com/a.png", "duration=4")
        jobctl("enqueue", EDIT, "prompt=" + HOSTILE, "images=https://example.com/park.png")
        api = line.split("listening on ")[1].strip()
        subprocess.run([programs + "/jobd", "--api-url", api, "--drain", "--set", "min_free=0", "--set", "poll.min=50ms"],
                       env=environment, stderr=subprocess.DEVNULL, timeout=300, check=True)
    finally:
        sim.terminate()
        sim.wait(30)


def grow(count):
    """Many more jobs with one picture, whose file is linked that often."""
    database = sqlite3.connect(work + "/state/jobs.db")
    model, text = database.execute("SELECT model, input FROM jobs WHERE id = 1").fetchone()
    [path] = database.execute("SELECT path FROM outputs WHERE job_id = 1").fetchone()
    last = database.execute("SELECT max(id) FROM jobs").fetchone()[0]
    for number in range(last + 1, last + 1 + count):
        wanted = dict(json.loads(text), prompt=f"number {number}")
        database.execute("INSERT INTO jobs (model, input) VALUES (?, ?)", (model, json.dumps(wanted)))
        os.link(f"{work}/state/outputs/{path}", f"{work}/state/outputs/{number}.png")
    moment = "2026-01-01 00:00:00.000"
    database.execute(
        "UPDATE jobs SET state = 'completed', submissions = 1, submitted_at = ?1, request_id = 'r' || id, followed_since = ?1,"
        " ended_at = ?1 WHERE state = 'queued'", (moment,))
    database.execute(
        "INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, width, height, state, downloaded_at)"
        " SELECT id, 1, 'image', 'https://example.com/' || id, id || '.png', 1, printf('%064x', id), 'image/png', 512, 512,"
        " 'done', ?1 FROM jobs WHERE id > ?2", (moment, last))
    database.commit()
    database.close()


def check_pictures(browser):
    assert browser.evaluate("document.title") == "Gallery", browser.evaluate("document.title")
    assert browser.evaluate("document.querySelectorAll('.card').length") == 10
    browser.wait("[...document.querySelectorAll('.card img')].every(i => i.complete && i.naturalWidth > 0)")
    browser.wait("document.querySelector('.card video').readyState >= 1")
    assert browser.evaluate("[...document.querySelectorAll('.card img')].every(i => i.alt)")
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the window"
    unnamed = browser.evaluate(
        "[...document.querySelectorAll('button, select, input')].filter(e => !e.hidden && !e.closest('[hidden], dialog')"
        " && !(e.getAttribute('aria-label') || e.textContent.trim() || e.querySelector('[alt]') || e.closest('label'))).length")
    assert unnamed == 0, "something has no name"


def check_keys(browser):
    focus = "document.activeElement.dataset.index"
    browser.key("ArrowRight")
    assert browser.evaluate(focus) == "0"
    browser.key("ArrowRight")
    assert browser.evaluate(focus) == "1"
    browser.key("ArrowDown")
    below = int(browser.evaluate(focus))
    assert below > 1
    browser.key("ArrowUp")
    assert int(browser.evaluate(focus)) < below
    browser.key("End")
    assert browser.evaluate(focus) == "9"
    browser.key("Home")
    browser.key("Enter")
    browser.wait("document.getElementById('view').open")
    assert "</script>" in browser.evaluate("document.querySelector('#about .prompt').textContent")
    assert "\\u{202e}" in browser.evaluate("document.querySelector('#about .prompt').textContent")
    browser.wait("document.querySelector('#stage img').naturalWidth > 0")
    browser.key("ArrowRight")
    browser.wait("document.querySelector('#stage video')?.readyState >= 1")
    browser.key("Escape")
    browser.wait("!document.getElementById('view').open")
    browser.wait(focus + " === '1'")
    browser.key("?")
    assert browser.evaluate("document.getElementById('keys').open")
    browser.key("Escape")
    browser.key("t")
    assert browser.evaluate("document.documentElement.dataset.theme") == "dark"
    browser.key("t"), browser.key("t")


def check_copy(browser):
    browser.evaluate("window.copied = null; navigator.clipboard.writeText = async text => { window.copied = text; }")
    browser.key("Home")
    browser.key("c")
    browser.wait("window.copied !== null")
    command = browser.evaluate("window.copied")
    again = dict(environment, JOBD_STATE_DIR=work + "/again", PATH=programs + ":" + os.environ["PATH"])
    subprocess.run(["bash", "-c", command], env=again, check=True, capture_output=True, timeout=60)
    made = json.loads(subprocess.run([programs + "/jobctl", "list", "--json"], env=again, check=True, capture_output=True, timeout=60).stdout.splitlines()[-1])
    assert made["input"]["prompt"] == HOSTILE, made
    # Where a page may not use the clipboard, the older way is taken.
    browser.evaluate("navigator.clipboard.writeText = async () => { throw new Error('no'); };"
                     "document.addEventListener('copy', () => { window.copied = document.activeElement.value; }, {once: true}); window.copied = null")
    browser.key("c")
    browser.wait("window.copied !== null")
    assert browser.evaluate("window.copied") == command


def check_filters(browser):
    def count():
        return int(browser.evaluate("document.getElementById('count').textContent").split()[0])

    browser.key("/")
    browser.type("PARK snow")
    browser.wait("location.hash.includes('words')")
    assert count() == 3, count()
    browser.key("Escape")
    assert count() == 10, count()
    for name, value, expected in (("label", "=foxes", 2), ("kind", "=video", 1), ("model", "=" + VIDEO, 1)):
        choose = f"(() => {{ const s = document.getElementById('{name}'); s.value = '%s'; s.onchange(); }})()"
        browser.evaluate(choose % value)
        assert count() == expected, (name, count())
        browser.evaluate(choose % "*")
    browser.evaluate("(() => { const o = document.getElementById('order'); o.value = 'old'; o.onchange(); })()")
    assert browser.evaluate("document.querySelector('.card .words').textContent") == "The park in snow"
    browser.evaluate("(() => { const o = document.getElementById('order'); o.value = 'new'; o.onchange(); })()")


def check_table(browser):
    browser.key("m")
    browser.wait("document.querySelector('.matrix table')")
    rows = browser.evaluate("[...document.querySelectorAll('.matrix')][0].querySelectorAll('tbody tr').length")
    assert browser.evaluate("document.getElementById('rows').value") == "prompt"
    assert browser.evaluate("document.getElementById('columns').value") == "resolution"
    heads = browser.evaluate("[...document.querySelectorAll('.matrix thead th')].slice(1).map(e => e.textContent)")
    assert rows >= 2 and [head for head in heads if head != "(not set)"] == ["1K", "2K", "4K"], (rows, heads)
    browser.evaluate("[...document.querySelectorAll('.cell')].find(c => c.querySelector('img').alt === 'The park in rain').focus()")
    browser.key("ArrowRight")
    browser.key("ArrowDown")
    alt = browser.evaluate("document.activeElement.querySelector('img').alt")
    assert alt == "The park in snow", alt
    browser.key("Enter")
    browser.wait("document.getElementById('view').open")
    browser.key("Escape")
    browser.wait("document.activeElement.className === 'cell'")
    browser.key("m")


def is_own(request, start):
    return request.startswith((start, "about:", "data:"))


def check(browser, address, start, name):
    for width, height, mobile in ((1440, 900, False), (390, 844, True)):
        for dark in (False, True):
            browser.size(width, height, dark=dark, mobile=mobile)
            browser.open(address)
            browser.wait("document.querySelector('.card')")
            check_pictures(browser)
            look = f"{pictures}/{name}-{width}-{'dark' if dark else 'light'}"
            browser.picture(look + ".png")
            check_keys(browser)
            check_copy(browser)
            check_filters(browser)
            check_table(browser)
            browser.key("m")
            browser.picture(look + "-table.png")
            browser.key("m")
            # The cards are drawn with the next frame, and keys go to nothing before.
            browser.wait("document.querySelector('.card')")
            browser.key("ArrowRight")
            browser.key("Enter")
            browser.wait("document.querySelector('#stage img')?.complete")
            browser.picture(look + "-large.png")
            browser.key("Escape")
            away = [request for request in browser.requests() if not is_own(request, start)]
            assert not away, away
            assert not browser.complaints(), browser.complaints()
    print(f"{name}: pictures, keys, copying, filters, table; light and dark, 1440 and 390 wide")


def check_many(browser, address):
    browser.size(1440, 900)
    browser.open(address)
    browser.wait("document.querySelectorAll('.card').length > 0")
    assert browser.evaluate("document.getElementById('count').textContent").startswith("10,000 files")
    browser.key("ArrowRight")
    browser.key("End")
    assert browser.evaluate("document.activeElement.dataset.index") == "9999"
    elements = browser.evaluate("document.querySelectorAll('*').length")
    assert elements < 1500, f"{elements} elements: the page keeps what it does not show"
    assert not browser.complaints(), browser.complaints()
    opened = browser.evaluate("performance.getEntriesByType('navigation')[0].duration")
    print(f"10000 jobs: open after {opened:.0f} ms, {elements} elements")


def main():
    os.makedirs(pictures, exist_ok=True)
    make_jobs()
    linked, copied = work + "/linked # 100%", work + "/copied"
    jobctl("gallery", linked)
    jobctl("gallery", copied, "--copy")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=copied)
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser()
    try:
        start = "file://" + linked.replace(" ", "%20").replace("#", "%23").replace("100%", "100%25")
        check(browser, start + "/index.html", start, "linked")
        start = f"http://127.0.0.1:{server.server_port}/"
        check(browser, start, start, "served")
        grow(10_000)
        jobctl("gallery", work + "/many", "--limit", "10000")
        check_many(browser, f"file://{work}/many/index.html")
    finally:
        browser.close()
        server.shutdown()
        shutil.rmtree(work, ignore_errors=True)
    print(f"pictures of it: {pictures}")


main()
