#!/usr/bin/env python3
"""`make test-gallery`: makes galleries of jobs of jobsim and looks at them in Chromium: what is shown, the keys, the filters,
the table, the copied command; that nothing leaves the page and nothing breaks its policy. Pictures of it go to a folder.

usage: check.py DIRECTORY-OF-THE-PROGRAMS DIRECTORY-FOR-THE-PICTURES"""

import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.dont_write_bytecode = True
from browser import Browser  # noqa: E402

programs, pictures = (os.path.abspath(path) for path in sys.argv[1:3])
work = tempfile.mkdtemp(prefix="jobd-gallery-")
environment = dict(os.environ, JOBD_STATE_DIR=work + "/state", RUNCOMFY_TOKEN="none")
SEQUENTIAL, EDIT = "bytedance/seedream-4-0/sequential", "bytedance/seedream-4-0/edit"
VIDEO = "bytedance/seedance-v1.5-pro/image-to-video"
HOSTILE = "it's </script><script>document.title='pwned'</script> <img src=x onerror=\"document.title='pwned'\"> \u202e $(id)"


def jobctl(*words, state=work + "/state"):
    answer = subprocess.run([programs + "/jobctl", *words], env=dict(environment, JOBD_STATE_DIR=state), capture_output=True,
                            text=True, timeout=300)
    assert answer.returncode == 0, answer
    return answer.stdout


@contextlib.contextmanager
def simulator():
    """Yields a function that runs jobd until everything is done."""
    sim = subprocess.Popen([programs + "/jobsim", "--port", "0", "--queue", "0s", "--run", "0s"], stdout=subprocess.PIPE, text=True)
    try:
        line = sim.stdout.readline()
        while "listening on" not in line:
            assert line, "jobsim did not start"
            line = sim.stdout.readline()
        api = line.split("listening on ")[1].strip()
        yield lambda state: subprocess.run(
            [programs + "/jobd", "--state-dir", state, "--api-url", api, "--drain", "--set", "min_free=0", "--set", "poll.min=50ms"],
            env=environment, stderr=subprocess.DEVNULL, timeout=300, check=True)
    finally:
        sim.terminate()
        sim.wait(30)


def make_jobs(drain):
    for words in ("snow", "rain"):
        for size in ("1K", "2K", "4K"):
            jobctl("enqueue", EDIT, f"prompt=The park in {words}", "images=https://example.com/park.png", f"resolution={size}", "--label", "weather")
    for seed in ("12345678901234567", "12345678901234568"):
        jobctl("enqueue", SEQUENTIAL, "text=Generate 2 images of a fox", "sequential_image_generation_options=2", "seed=" + seed, "--label", "foxes")
    jobctl("enqueue", VIDEO, "prompt=Leaves in the wind", "first_frame_image_url=https://example.com/a.png", "duration=4")
    jobctl("enqueue", EDIT, "prompt=" + HOSTILE, "images=https://example.com/park.png")
    drain(work + "/state")


def make_chain(drain):
    """1: eight pictures, of which the third is picked; 2: an edit of it; 3: a film of that; 4-11: a film of each; 12: all in one;
    13: an edit of that; 14: two pictures, of which none is picked; 15 waits for that; 16 belongs to no chain."""
    def enqueue(*words):
        jobctl("enqueue", *words, state=chain)

    chain = work + "/chain"
    enqueue(SEQUENTIAL, "text=Generate 8 images of a fox", "sequential_image_generation_options=8", "image_size=2048")
    enqueue(EDIT, "prompt=the same at night", "images=job:1/pick")
    enqueue(VIDEO, "prompt=the fox runs", "first_frame_image_url=job:2", "duration=4")
    drain(chain)
    jobctl("pick", "1", "3", state=chain)
    enqueue(VIDEO, "prompt=it runs", "--matrix", "first_frame_image_url=job:1/all", "duration=4")
    enqueue(EDIT, "prompt=all together", "images=job:1/all", "images=job:2")
    enqueue(EDIT, "prompt=warmer", "images=job:12")
    enqueue(SEQUENTIAL, "text=Generate 2 images of a harbour", "sequential_image_generation_options=2")
    enqueue(EDIT, "prompt=in the rain", "images=job:14/pick")
    enqueue(EDIT, "prompt=a park", "images=https://example.com/park.png")
    drain(chain)
    return chain


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
    database.execute(
        "INSERT INTO links SELECT id, '$.images[0]', iif(id <= ?2 + ?3, 1, id - 1), '1', ?1, '[1]' FROM jobs WHERE id > ?2",
        (moment, last, count // 2))
    database.commit()
    database.close()


def check_pictures(browser):
    assert browser.evaluate("document.title") == "Gallery", browser.evaluate("document.title")
    assert browser.evaluate("document.querySelectorAll('.card').length") == 12
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
    assert browser.evaluate(focus) == "11"
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
    assert count() == 12, count()
    for name, value, expected in (("label", "=foxes", 4), ("kind", "=video", 1), ("model", "=" + VIDEO, 1)):
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


def check_narrow(browser, look):
    """On a phone the filters are behind a button; what they offer is within the window."""
    button = "document.getElementById('filters')"
    inside = ("[...document.querySelectorAll('#choices select:not([hidden])')].map(e => e.getBoundingClientRect())"
              ".filter(r => r.width > 60 && r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight).length")
    offered = browser.evaluate("document.querySelectorAll('#choices select:not([hidden])').length")
    assert offered == 4, offered
    assert browser.evaluate(inside) == 0
    browser.evaluate(button + ".click()")
    assert browser.evaluate(inside) == offered, browser.evaluate(inside)
    assert browser.evaluate(button + ".getAttribute('aria-expanded')") == "true"
    browser.evaluate("(() => { const s = document.getElementById('kind'); s.value = '=video'; s.onchange(); })()")
    assert browser.evaluate(button + ".textContent") == "Filters (1)"
    browser.picture(look + "-filters.png")
    browser.evaluate("document.getElementById('clear').onclick()")
    browser.evaluate(button + ".click()")
    assert browser.evaluate(inside) == 0 and browser.evaluate(button + ".textContent") == "Filters"


def check_money(browser):
    meta = browser.evaluate("[...document.querySelectorAll('.card .meta')].map(e => e.textContent).join(' | ')")
    prices = re.findall(r"\$[0-9.]+", meta)
    assert prices and all(re.fullmatch(r"\$\d+\.\d\d", price) for price in prices), meta
    assert browser.evaluate("[dollars(.1), dollars(1.25), dollars(.0044), dollars(1234)].join(' ')") == "$0.10 $1.25 $0.0044 $1,234.00"


def check_aspect(browser):
    choose = "(() => { const s = document.getElementById('label'); s.value = '%s'; s.onchange(); })()"
    browser.evaluate(choose % "=foxes")
    browser.wait("document.querySelectorAll('.cell').length === 4")
    browser.wait("[...document.querySelectorAll('.cell img')].every(i => i.complete && i.naturalWidth)")
    wrong = browser.evaluate(
        "[...document.querySelectorAll('.cell')].filter(c => { const i = c.querySelector('img'); const r = c.getBoundingClientRect();"
        " return i && Math.abs(r.width / r.height - i.naturalWidth / i.naturalHeight) > .03; }).length")
    assert wrong == 0, f"{wrong} pictures of the table do not keep their aspect"
    assert browser.evaluate("[...document.querySelectorAll('.cell img')].every(i => i.naturalWidth > i.naturalHeight)"), "a square proves nothing"
    browser.evaluate(choose % "*")


def check_words(browser, address, look):
    """Every language has every word; the browser's setting chooses it."""
    spoken = {"en": "Pictures", "es": "Imágenes", "ja": "画像", "ko": "이미지"}
    for languages, expected in (("de-DE,en-US", "en"), ("es-MX,en", "es"), ("ja", "ja"), ("fr,ko-KR,en", "ko"), ("xx", "en")):
        browser.speak(languages)
        for width, height, mobile in ((1440, 900, False), (390, 844, True)):
            browser.size(width, height, mobile=mobile)
            browser.open(address)
            browser.wait("document.querySelector('.card')")
            assert browser.evaluate("document.documentElement.lang") == expected, languages
            assert browser.evaluate("document.getElementById('show-pictures').textContent") == spoken[expected]
            empty = browser.evaluate("Object.entries(table).filter(([, row]) => row.length !== table.language.length || !row.every(Boolean)).map(([name]) => name)")
            assert not empty, f"words without a translation: {empty}"
            odd = browser.evaluate("Object.values(table).filter(row => new Set(row.map(text => (text.match(/\\{\\w+\\}/g) ?? []).sort().join())).size > 1)")
            assert not odd, odd
            assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{languages}: the page is wider than the window"
            unnamed = browser.evaluate("[...document.querySelectorAll('[data-text], [data-label]')].filter(e => !e.textContent && !e.getAttribute('aria-label')).length")
            assert unnamed == 0, unnamed
            if expected != "en":
                browser.picture(f"{look}-{width}-{expected}.png")
                browser.evaluate("document.querySelector('.card').click()")
                browser.picture(f"{look}-{width}-{expected}-large.png")
                browser.key("Escape")
                browser.evaluate("document.getElementById('show-compare').click()")
                browser.picture(f"{look}-{width}-{expected}-table.png")
                browser.evaluate("document.getElementById('show-pictures').click()")
                browser.evaluate("document.getElementById('help').click()")
                browser.picture(f"{look}-{width}-{expected}-keys.png")
                browser.key("Escape")
        assert not browser.complaints(), browser.complaints()
    browser.speak("en-US")
    print("words: English, Spanish, Japanese and Korean, 1440 and 390 wide")


CELLS = "[...document.querySelectorAll('#chain .cell')]"
FOCUS = "document.activeElement.getAttribute('aria-label')"


def take(browser, name, place=0):
    """The large view of a picture of the list, by its prompt."""
    browser.evaluate(f"(() => {{ const w = document.getElementById('words'); w.value = {json.dumps(name)}; w.oninput(); }})()")
    browser.wait(f"location.hash.includes({json.dumps(urllib.parse.urlencode({'words': name}))})")
    browser.wait(f"document.querySelector('[data-index=\"{place}\"]')")
    browser.evaluate(f"document.querySelector('[data-index=\"{place}\"]').click()")
    browser.wait("document.getElementById('view').open")


def texts(browser, selector):
    return browser.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)")


def check_picks(browser):
    assert browser.evaluate("document.querySelectorAll('.card .star[role=img][aria-label=Picked]').length") <= 1
    browser.evaluate("(() => { const s = document.getElementById('pick'); s.value = '=picked'; s.onchange(); })()")
    assert browser.evaluate("document.getElementById('count').textContent").startswith("1 file of 1 job")
    assert browser.evaluate("location.hash").endswith("pick=%3Dpicked")
    browser.wait("document.querySelector('.card .star')")
    browser.key("ArrowRight")
    browser.key("p")
    assert browser.evaluate("document.getElementById('toast').textContent") == "Picked"
    browser.evaluate("document.getElementById('clear').onclick()")
    browser.evaluate("window.copied = null; navigator.clipboard.writeText = async text => { window.copied = text; }")
    take(browser, "Generate 8", 4)
    assert texts(browser, "#about .pick") == ["jobctl pick 1 5Copy pick commandPicked now: 1/3. This replaces it."], texts(browser, "#about .pick")
    browser.key("p")
    browser.wait("window.copied === 'jobctl pick 1 5'")
    browser.evaluate("window.copied = null; document.querySelector('#about .pick button').click()")
    browser.wait("window.copied === 'jobctl pick 1 5'")
    browser.key("Escape")


def check_kin(browser, look):
    take(browser, "Generate 8", 2)
    assert texts(browser, "#about .pick") == ["★ Picked"]
    assert texts(browser, "#about h3") == ["Used by"]
    assert texts(browser, "#about .face small") == ["2", "6", "12"], texts(browser, "#about .face small")
    browser.picture(look + "-picked.png")
    # What is made from it is not in the list, which is filtered; from there it goes back to the list.
    browser.evaluate("document.querySelector('#about .face').click()")
    assert texts(browser, "#about .prompt") == ["the same at night"]
    assert texts(browser, "#about h3") == ["Made from", "Used by"]
    assert texts(browser, "#about .face small") == ["1/3", "3", "12"]
    assert browser.evaluate("document.activeElement.id") == "about"
    browser.picture(look + "-kin.png")
    browser.evaluate("document.getElementById('next').click()")
    assert texts(browser, "#about .prompt") == ["Generate 8 images of a fox"]
    browser.key("Escape")
    browser.wait("document.activeElement.dataset.index === '2'")
    take(browser, "all together")
    assert texts(browser, "#about .face small")[:9] == [f"1/{n}" for n in range(1, 9)] + ["2"]
    browser.key("Escape")
    browser.wait("!document.getElementById('view').open")
    take(browser, "harbour")
    assert texts(browser, "#about .absent") == ["Job 15waits for your pick"]
    browser.picture(look + "-waiting.png")
    browser.key("Escape")
    browser.wait("!document.getElementById('view').open")
    take(browser, "a park")
    assert not texts(browser, "#about h3")
    browser.key("l")
    assert texts(browser, "#toast") == ["It belongs to no chain"]
    browser.key("Escape")
    browser.wait("!document.getElementById('view').open")


def check_chain(browser, address, look, is_narrow):
    take(browser, "the fox runs")
    browser.key("l")
    browser.wait("document.querySelector('#chain .steps')")
    assert browser.evaluate("location.hash") == "#chain=3"
    assert browser.evaluate("document.getElementById('search').hidden && !document.getElementById('show-chain').hidden")
    assert texts(browser, "#chain h2, #chain h3") == ["Chain of job 3", "Step 1", "Step 2", "Step 3"]
    assert [text.split()[1][0] for text in texts(browser, "#chain h4")] == ["1", "2", "3"]
    assert texts(browser, "#chain .from") == ["← 1/3", "← 2"]
    assert browser.evaluate("document.getElementById('count').textContent").startswith("10 files of 3 jobs")
    assert browser.evaluate("document.querySelectorAll('#chain .used').length") == 1
    assert browser.evaluate("document.querySelector('#chain .here h4').textContent").startswith("Job 3")
    assert browser.evaluate(f"{CELLS}.every(e => e.getAttribute('aria-label'))"), "a picture of the chain has no name"
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the chain is wider than the window"
    browser.wait(f"{CELLS}.every(e => (e.querySelector('img')?.naturalWidth ?? e.querySelector('video').readyState) > 0"
                 " || e.getBoundingClientRect().top > innerHeight)")
    tops = browser.evaluate("[...document.querySelectorAll('.steps > li')].map(e => e.getBoundingClientRect().top)")
    assert (tops[0] < tops[1] < tops[2]) if is_narrow else (tops[0] == tops[1] == tops[2]), tops
    browser.picture(look + "-chain.png")
    # The picture that was open has the focus, and the arrows lead to what is beside it.
    browser.wait(f"{FOCUS} === 'Job 3, the fox runs'")
    browser.key("ArrowUp" if is_narrow else "ArrowLeft")
    assert browser.evaluate(FOCUS) == "Job 2, the same at night"
    browser.key("ArrowUp" if is_narrow else "ArrowLeft")
    assert browser.evaluate(FOCUS).startswith("Job 1/"), browser.evaluate(FOCUS)
    browser.key("Home")
    assert browser.evaluate(FOCUS) == "Job 1/1, Generate 8 images of a fox"
    browser.key("Enter")
    browser.wait("document.getElementById('view').open")
    browser.key("ArrowRight"), browser.key("ArrowRight")
    assert texts(browser, "#about .pick") == ["★ Picked"]
    browser.key("Escape")
    browser.wait(f"{FOCUS} === 'Job 1/3, Picked, Generate 8 images of a fox'")
    # Back, the list has its words again, and the picture the focus.
    browser.evaluate("history.back()")
    browser.wait("document.getElementById('chain').hidden && document.getElementById('words').value === 'the fox runs'")
    browser.evaluate("document.getElementById('clear').onclick()")
    browser.open(address + "?#chain=1")
    browser.wait("document.querySelector('#chain .steps')")
    assert len(texts(browser, "#chain h4")) == 13 and len(texts(browser, "#chain h3")) == 4
    assert "← 1 (8 files), 2" in texts(browser, "#chain .from")
    browser.picture(look + "-chain-all.png")
    browser.key("Escape")
    browser.wait("document.querySelectorAll('.card').length > 5")
    browser.evaluate("location.hash = 'chain=15'")
    browser.wait("document.querySelectorAll('#chain h4').length === 2")
    assert "waits for your pick" in texts(browser, "#chain h4")[1]
    browser.picture(look + "-chain-waiting.png")
    browser.evaluate("location.hash = 'chain=99'")
    browser.wait("document.querySelectorAll('#chain h4').length === 1")
    assert "not in this gallery" in texts(browser, "#chain h4")[0]
    browser.evaluate("document.getElementById('show-pictures').click()")
    assert browser.evaluate("location.hash") in ("", "#")


def check_chains(browser, address, start):
    for width, height, mobile in ((1440, 900, False), (390, 844, True)):
        for dark in (False, True):
            look = f"{pictures}/chains-{width}-{'dark' if dark else 'light'}"
            browser.size(width, height, dark=dark, mobile=mobile)
            browser.open(address)
            browser.wait("document.querySelector('.card')")
            check_picks(browser)
            check_kin(browser, look)
            check_chain(browser, address, look, mobile)
            away = [request for request in browser.requests() if not is_own(request, start)]
            assert not away, away
            assert not browser.complaints(), browser.complaints()
    browser.size(390, 844, mobile=True)
    for language in ("es", "ja", "ko"):
        browser.speak(language)
        browser.open(address + f"?{language}#chain=15")
        browser.wait("document.querySelectorAll('#chain h4').length === 2")
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{language}: the chain is wider than the window"
        browser.picture(f"{pictures}/chains-390-{language}.png")
        browser.evaluate("document.querySelector('#chain .cell').click()")
        browser.picture(f"{pictures}/chains-390-{language}-large.png")
    browser.speak("en-US")
    print("chains: picks, what was made from what, one chain; light and dark, 1440 and 390 wide")


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
            check_money(browser)
            if mobile:
                check_narrow(browser, look)
            check_keys(browser)
            check_copy(browser)
            check_filters(browser)
            check_table(browser)
            browser.key("m")
            check_aspect(browser)
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
    # Half of them are made from the first job, and each of the others from the one before it.
    browser.evaluate("location.hash = 'chain=1'")
    browser.wait("document.querySelectorAll('#chain .rest').length === 2")
    elements = max(elements, browser.evaluate("document.querySelectorAll('*').length"))
    assert elements < 1500, f"{elements} elements: a chain shows all that it has"
    browser.evaluate("document.querySelector('#chain .rest button').click()")
    browser.wait("document.querySelectorAll('#chain h4').length > 85")
    opened = browser.evaluate("performance.getEntriesByType('navigation')[0].duration")
    print(f"10000 jobs: open after {opened:.0f} ms, {elements} elements")


def main():
    os.makedirs(pictures, exist_ok=True)
    with simulator() as drain:
        make_jobs(drain)
        chain = make_chain(drain)
    linked, copied, chained = work + "/linked # 100%", work + "/copied", work + "/chained"
    jobctl("gallery", linked)
    jobctl("gallery", copied, "--copy")
    jobctl("gallery", chained, state=chain)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=copied)
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser()
    try:
        start = "file://" + linked.replace(" ", "%20").replace("#", "%23").replace("100%", "100%25")
        check(browser, start + "/index.html", start, "linked")
        check_words(browser, start + "/index.html", pictures + "/words")
        check_chains(browser, f"file://{chained}/index.html", f"file://{chained}")
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
