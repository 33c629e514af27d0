"""What generated types are made of: strict JSON text, records, and the readers and writers of single values."""

from crossplug.codec.codec import Codec
from crossplug.codec.record import UNSET, Record, Unset
from crossplug.codec.text import MAX_DEPTH, dump, parse

__all__ = ["MAX_DEPTH", "UNSET", "Codec", "Record", "Unset", "dump", "parse"]
