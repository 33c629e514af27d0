"""Generated classes as an author meets them: frozen, slotted, keyword-only, three states, copies, unions, enums."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from crossplug import UNSET, DecodeError, EncodeError
from crossplug.interfaces import conformance as c
from crossplug.interfaces import protocol as p


def test_behaves_like_a_frozen_slotted_dataclass() -> None:
    tree = c.Tree(value="a", left=c.Tree(value="b"))
    assert dataclasses.is_dataclass(tree)
    assert [field.name for field in dataclasses.fields(tree)] == ["value", "left", "children"]
    assert dataclasses.fields(tree)[0].default is dataclasses.MISSING
    assert dataclasses.replace(tree, value="z") == c.Tree(value="z", left=c.Tree(value="b"))
    assert copy.deepcopy(tree) == tree == pickle.loads(pickle.dumps(tree))
    assert hash(c.Circle(radius=1.0)) == hash(c.Circle(radius=1.0))
    assert repr(tree) == "Tree(value='a', left=Tree(value='b'))"
    assert not hasattr(tree, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        tree.value = "b"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del tree.value
    with pytest.raises(TypeError):
        c.Tree("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        type("Bigger", (c.Tree,), {})


def test_an_unknown_arm_is_a_dataclass_as_any() -> None:
    unknown = c.UnknownThing(value={"kind": "new"})
    assert [field.name for field in dataclasses.fields(unknown)] == ["value"]


def test_decoded_records_are_frozen_too() -> None:
    circle = c.Circle.from_json(b'{"kind":"circle","radius":1}')
    assert type(circle) is c.Circle
    with pytest.raises(dataclasses.FrozenInstanceError):
        circle.radius = 2.0  # type: ignore[misc]


def test_constants_are_no_arguments() -> None:
    assert c.Circle(radius=1.0).kind == "circle"
    with pytest.raises(TypeError):
        c.Circle(kind="circle", radius=1.0)  # type: ignore[call-arg]


def test_three_states() -> None:
    assert c.Echo.from_json("{}").note is UNSET
    assert c.Echo.from_json('{"note":null}').note is None
    assert c.Echo(note=None).to_json() == b'{"note":null}'
    assert c.Echo(note="x").to_json() == b'{"note":"x"}'
    assert c.Echo().to_json() == b"{}"
    assert not UNSET


def test_unknown_members_are_kept_where_the_type_says_so() -> None:
    echo = c.Echo.from_json('{"z":[1],"flag":true}')
    assert echo.extra == {"z": [1]}
    assert echo.to_value() == {"flag": True, "z": [1]}
    assert c.Echo(flag=True, extra={"flag": "no"}).to_value() == {"flag": True}


def test_enums() -> None:
    color = c.COLOR_CODEC.from_json('"red"')
    assert color is c.Color.RED
    assert str(color) == "red"
    assert f"{color}" == "red"
    with pytest.raises(DecodeError, match="closedEnum"):
        c.COLOR_CODEC.from_json('"mauve"')
    assert p.Encoding("cbor").known is False
    assert p.ENCODING_CODEC.from_json('"json"') == p.Encoding.JSON
    assert p.ENCODING_CODEC.to_json(p.Encoding("cbor")) == b'"cbor"'
    assert c.Echo(color="green").to_json() == b'{"color":"green"}'  # type: ignore[arg-type]


def test_unions() -> None:
    shape = c.SHAPE_CODEC.from_json('{"kind":"square","side":2}')
    assert isinstance(shape, c.Shape)
    match shape:
        case c.Square(side=side):
            assert side == 2.0
        case _:
            pytest.fail("no square")
    unknown = c.THING_CODEC.from_json('{"kind":"hexagon","sides":6}')
    assert isinstance(unknown, c.UnknownThing)
    assert unknown.kind == "hexagon"
    assert c.THING_CODEC.to_value(unknown) == {"kind": "hexagon", "sides": 6}
    assert c.MIXED_CODEC.from_json("true") is True
    assert c.MIXED_CODEC.from_json('["a"]') == ["a"]


@pytest.mark.parametrize(
    ("value", "reason", "pointer"),
    [
        (c.Echo(small=128), "outOfRange", "/small"),
        (c.Echo(big=2**63), "outOfRange", "/big"),
        (c.Echo(legacy=2**53), "beyond2p53", "/legacy"),
        (c.Echo(code="NO"), "badPattern", "/code"),
        (c.Echo(flag=1), "wrongKind", "/flag"),  # type: ignore[arg-type]
        (c.Echo(flag=None), "wrongKind", "/flag"),  # type: ignore[arg-type]
        (c.Echo(list_=[1, 2**70]), "outOfRange", "/list/1"),
        (c.Echo(map={"a/b": "mauve"}), "closedEnum", "/map/a~1b"),  # type: ignore[dict-item]
        (c.Echo(tree=c.Tree(value="", children=[c.Tree(value=b"")])), "wrongKind", "/tree/children/0/value"),  # type: ignore[arg-type]
        (c.Echo(shape={"kind": "circle"}), "wrongKind", "/shape"),  # type: ignore[arg-type]
        (c.Echo(bytes_="text"), "wrongKind", "/bytes"),  # type: ignore[arg-type]
        (c.Echo(ratio=float("inf")), "notFinite", ""),
    ],
)
def test_a_writer_refuses_what_a_reader_would(value: c.Echo, reason: str, pointer: str) -> None:
    with pytest.raises(EncodeError) as caught:
        value.to_json()
    assert (caught.value.reason, caught.value.pointer) == (reason, pointer)


def test_every_code_of_the_protocol_has_a_class_and_a_number() -> None:
    from crossplug.errors import CrossplugError
    from crossplug.interfaces.protocol_errors import CODES, NUMBERS

    codes = {str(code) for code in p.ErrorCode.known_values()}
    assert CODES.keys() == NUMBERS.keys() == codes
    assert len(set(NUMBERS.values())) == len(codes)
    assert all(issubclass(one, CrossplugError) and code == one.CODE for code, one in CODES.items())
    assert all(issubclass(one, CrossplugError) for one in c.ERRORS.values())
