"""The program of a component: the SDK's guest behind what `schema/crossplug.wit` says, for the plugin beside it."""

import importlib.util
import os
import sys

# The SDK's room for what a component has in place of an operating system comes before every other import, its package included:
# whoever takes a function of `time` by its name must take the host's.
NAME = "crossplug.plugin.component.outside"
FILE = NAME.replace(".", "/") + ".py"
spec = importlib.util.spec_from_file_location(NAME, next(p for f in sys.path if os.path.exists(p := f"{f}/{FILE}")))
outside = sys.modules[NAME] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(outside)
clock, dice = outside.Clock(), outside.Dice()
outside.install(clock, dice)

import runpy

import crossplug
import crossplug_program
import wit_world.exports
from crossplug.plugin.component.guest import Guest as Plugin
from wit_world.exports import guest as world

plugin = Plugin(clock, dice)
crossplug.run = plugin.run
runpy.run_module(crossplug_program.NAME, run_name="__main__")
plugin.ready(crossplug_program.MANIFEST)


def outbox(said):
    return world.Outbox(*said)


class Guest(wit_world.exports.Guest):
    def begin(self, outside):
        plugin.begin(outside.now, outside.wall, outside.seed)

    def methods(self):
        return plugin.methods()

    def call(self, method, params, id, timeout, now):
        answer, news = plugin.call(method, params, id, timeout, now)
        if answer is None:
            return world.Called(world.Answer_Pending(), news)
        is_result, text = answer
        return world.Called(world.Answer_Done(text) if is_result else world.Answer_Failed(text), news)

    def push(self, message, now):
        return outbox(plugin.push(message, now))

    def turn(self, now):
        return outbox(plugin.turn(now))

    def close(self, now):
        return outbox(plugin.close(now))
