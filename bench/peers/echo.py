"""The raw limit of a Python child: reads a line, writes the line back, knows no protocol."""

import sys

source = sys.stdin.buffer
sink = sys.stdout.buffer
while line := source.readline():
    sink.write(line)
    sink.flush()
