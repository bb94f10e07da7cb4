#!/usr/bin/env python3
"""`make test-mcp`: the official Python SDK as the client of `jobctl mcp`, with jobd and jobsim behind it. The client makes a
chain of three jobs under --max-usd, and is refused the fourth. The SDK checks each answer against its schema. Once with the
present revision of the protocol, and once with the handshake of older ones.

usage: check.py DIRECTORY-OF-THE-PROGRAMS"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile

from mcp import Client, StdioServerParameters

programs = os.path.abspath(sys.argv[1])
SEQUENTIAL, EDIT = "bytedance/seedream-4-0/sequential", "bytedance/seedream-4-0/edit"
QUICK = ["poll.min=20ms", "poll.max=200ms", "min_free=0"]
# Each job makes one picture.
PRICES = [f"models.{model}.price_usd=0.1" for model in (SEQUENTIAL, EDIT)]


def settings(values):
    return [word for value in values for word in ("--set", value)]


class Stage:
    """A simulator and a jobd with a store of their own."""

    def __enter__(self):
        self.work = tempfile.mkdtemp(prefix="jobd-agents-")
        self.environment = dict(os.environ, JOBD_STATE_DIR=self.work + "/state", RUNCOMFY_TOKEN="none", HOME=self.work)
        self.simulator = subprocess.Popen(
            [programs + "/jobsim", "--port", "0", "--queue", "50ms", "--run", "50ms", "--image-width", "96"],
            stdout=subprocess.PIPE, text=True)
        address = self.simulator.stdout.readline().split()[3]
        self.jobd = subprocess.Popen(
            [programs + "/jobd", "--api-url", address, *settings(QUICK + PRICES)], env=self.environment,
            stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        for process in (self.jobd, self.simulator):
            process.terminate()
            process.wait(30)
        shutil.rmtree(self.work)

    def server(self, *options):
        return StdioServerParameters(
            command=programs + "/jobctl", args=["mcp", *settings(PRICES), *options], env=self.environment)

    def jobctl(self, *words):
        return subprocess.run([programs + "/jobctl", *words], env=self.environment, capture_output=True, text=True, check=True).stdout


async def call(client, tool, **arguments):
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer
    return answer.structured_content


async def refusal(client, tool, **arguments):
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error, answer
    return answer.content[0].text


async def wait(client, *ids):
    for _ in range(20):
        answer = await call(client, "wait_for_jobs", ids=list(ids), timeout_s=30)
        if answer["done"]:
            return answer["jobs"]
    raise AssertionError(answer)


def one(prompt):
    return {"text": prompt, "sequential_image_generation_options": 1}


async def chain(client):
    """Three jobs, each made from the one before, and no fourth."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert len(tools) == 12, tools.keys()
    assert tools["list_jobs"].annotations.read_only_hint and not tools["enqueue"].annotations.read_only_hint
    models = await call(client, "list_models", words=["seedream"])
    assert EDIT in [model["model"] for model in models["models"]]
    assert "images" in (await call(client, "get_model", model=EDIT))["document"]["input_schema"]["properties"]
    price = await call(client, "price_order", model=SEQUENTIAL, input=one("a fox"))
    assert price["price_usd"] == 0.1 and price["left_usd"] == 0.35 and price["refusal"] is None, price

    first = await call(client, "enqueue", key="fox", model=SEQUENTIAL, input=one("a fox"))
    second = await call(client, "enqueue", key="night", model=EDIT, input={"prompt": "at night", "images": ["job:fox"]})
    third = await call(client, "enqueue", key="snow", model=EDIT, input={"prompt": "in snow", "images": ["job:night"]})
    ids = [order["job"]["id"] for order in (first, second, third)]
    assert third["left_usd"] == 0.05 and third["job"]["waits_for"] == 1, third
    reason = await refusal(client, "enqueue", key="rain", model=EDIT, input={"prompt": "in rain", "images": ["job:snow"]})
    assert "--max-usd" in reason and "$0.35" in reason, reason
    again = await call(client, "enqueue", key="snow", model=EDIT, input={"prompt": "in snow", "images": ["job:night"]})
    assert again["existing"] and again["job"]["id"] == ids[2], again

    for job in await wait(client, *ids):
        assert job["state"] == "completed" and job["label"] == "agent", job
    file = await client.call_tool("get_file", {"id": ids[2]})
    assert os.path.isfile(file.structured_content["file"]), file
    assert file.content[1].type == "image" and file.content[1].mime_type == "image/png"
    await call(client, "pick_outputs", id=ids[0], positions=[1])
    assert (await call(client, "search_jobs", words=["snow"]))["jobs"][0]["id"] == ids[2]
    assert (await call(client, "explain_job", id=ids[0]))["reason"] == "completed"
    assert (await call(client, "list_jobs", label="agent", state=["completed"]))["jobs"][2]["id"] == ids[2]
    assert [event["kind"] for event in (await call(client, "get_job", id=ids[0]))["events"]][0] == "enqueued"

    resources = (await client.list_resources()).resources
    assert f"jobd://jobs/{ids[2]}/files/1" in [str(resource.uri) for resource in resources], resources
    assert (await client.read_resource(f"jobd://jobs/{ids[2]}")).contents[0].text
    assert (await client.read_resource(f"jobd://jobs/{ids[2]}/files/1")).contents[0].blob
    assert len((await client.list_resource_templates()).resource_templates) == 2
    assert len((await client.list_prompts()).prompts) == 2
    prompt = await client.get_prompt("make_pictures", {"idea": "three foxes"})
    assert "three foxes" in prompt.messages[0].content.text


async def given_back(client, stage):
    """What is cancelled before it was sent is given back."""
    stage.jobctl("pause")
    held = await call(client, "enqueue", key="later", model=SEQUENTIAL, input=one("a wolf"))
    assert held["left_usd"] == 0.0, held
    await refusal(client, "enqueue", key="more", model=SEQUENTIAL, input=one("a bear"))
    cancelled = await call(client, "cancel_jobs", ids=[held["job"]["id"]])
    assert cancelled["left_usd"] == 0.1 and cancelled["jobs"][0]["state"] == "cancelled", cancelled


async def check(mode, version):
    with Stage() as stage:
        bound = ["--label", "agent", "--max-usd", "0.35"]
        async with Client(stage.server(*bound), mode=mode) as client:
            assert client.protocol_version == version, client.protocol_version
            assert client.server_info.name == "jobd" and "enqueue" in client.instructions
            await chain(client)
        async with Client(stage.server("--max-usd", "0.1"), mode=mode) as client:
            await given_back(client, stage)
        async with Client(stage.server("--read-only"), mode=mode) as client:
            assert len((await client.list_tools()).tools) == 9
            assert "--read-only" in await refusal(client, "enqueue", key="x", model=EDIT, input={})
        assert stage.jobctl("list", "--count").strip() == "4"
    print(f"an agent's chain with revision {version}: good")


asyncio.run(check("auto", "2026-07-28"))
asyncio.run(check("legacy", "2025-11-25"))
